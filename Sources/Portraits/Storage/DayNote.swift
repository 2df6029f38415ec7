import UsageModel

/// Notes of user days: when on its day something happened last.
enum DayNote {
    /// No offset from UTC is larger, so no time lies further from its day's midnight UTC.
    private static let bias: Int64 = 26 * millisecondsPerHour

    /// The note of `time` on `day`; 0 is nothing. A time that is not on its day counts as its edge.
    @inline(__always)
    static func of(_ time: Int64, on day: Int32) -> UInt64 {
        let offset = time &- Int64(day) &* millisecondsPerDay &+ bias
        return UInt64(min(max(offset, 0), Int64(DayCount.greatestNote)))
    }

    @inline(__always)
    static func time(_ note: UInt64, on day: Int32) -> Int64 {
        Int64(note) &- bias &+ Int64(day) &* millisecondsPerDay
    }

    /// Of task days: at least one event qualified.
    static let qualified: UInt64 = 1
}
