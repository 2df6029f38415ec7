import UsageModel

/// Days `first` through `last`, both included; none when `last` lies before `first`.
struct DayRange: Hashable, BitwiseCopyable {
    var first: Int32
    var last: Int32

    @inline(__always)
    init(_ first: Int32, _ last: Int32) {
        self.first = first
        self.last = last
    }

    @inline(__always)
    init(_ window: Window, today: Day) {
        last = today.number - Int32(window.ago)
        first = last - Int32(window.days) + 1
    }

    @inline(__always)
    func contains(_ day: Int32) -> Bool { first <= day && day <= last }
}
