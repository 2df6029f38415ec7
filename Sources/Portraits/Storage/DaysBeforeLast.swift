import UsageModel

/// Days of which the last stands in the list itself, so that an event on it touches nothing else, and all before it in a
/// block: what lists of counts and of amounts have in common where a checkpoint writes and reads them.
protocol DaysBeforeLast: BitwiseCopyable {
    /// All before the last day; of its day at most what the list itself has no room for.
    var rest: DayBlock { get set }
    /// The last day, nil when there is none.
    var lastDay: Int32? { get }
    /// What stands in the list itself, as elements of a block.
    var lastElements: LastElements { get }

    /// Makes it a list without a last day.
    mutating func forgetLast()

    /// Takes the last day of the first `count` elements, in a list without any, and takes its elements off `count`.
    mutating func takeLast(of elements: DayElements, _ count: inout Int) throws(DamagedBytes)
}

/// A day's elements without memory of their own.
struct LastElements: BitwiseCopyable {
    private var elements = InlineArray<4, DayCount>(repeating: .none)
    private(set) var count = 0

    mutating func append(_ element: DayCount) {
        elements[count] = element
        count += 1
    }

    subscript(index: Int) -> DayCount { elements[index] }
}

extension DaysBeforeLast {
    /// Whether there is anything before `day`.
    func hasDays(before day: Int32, _ arena: UnsafeMutablePointer<DayArena>) -> Bool {
        guard let lastDay else { return false }
        return (rest.count > 0 ? rest.elements(arena)[0].day : lastDay) < day
    }

    /// Drops days before `kept` and gives back what memory that frees.
    mutating func prune(before kept: Int32, _ arena: UnsafeMutablePointer<DayArena>) {
        if let lastDay, lastDay >= kept {
            rest.prune(before: kept, arena)
        } else {
            free(arena)
        }
    }

    mutating func free(_ arena: UnsafeMutablePointer<DayArena>) {
        rest.free(arena)
        forgetLast()
    }

    // MARK: Checkpoints

    /// Writes the days before `day`.
    func write(before day: Int32, to out: ByteBuffer, _ arena: UnsafeMutablePointer<DayArena>) {
        let isLastBefore = lastDay.map { $0 < day } ?? false
        write(0..<rest.firstIndex(notBefore: day, arena), includingLast: isLastBefore, to: out, arena)
    }

    /// Writes the days from `day` on.
    func write(from day: Int32, to out: ByteBuffer, _ arena: UnsafeMutablePointer<DayArena>) {
        let hasLast = lastDay.map { $0 >= day } ?? false
        write(rest.firstIndex(notBefore: day, arena)..<rest.count, includingLast: hasLast, to: out, arena)
    }

    private func write(
        _ written: Range<Int>, includingLast: Bool, to out: ByteBuffer, _ arena: UnsafeMutablePointer<DayArena>
    ) {
        rest.write(written, and: includingLast ? lastElements : LastElements(), to: out, arena)
    }

    /// Puts days that `write` wrote before those that the list has.
    mutating func read(_ reader: inout ByteReader, _ arena: UnsafeMutablePointer<DayArena>) throws(DamagedBytes) {
        guard let read = try DayElements.read(&reader) else { return }
        var count = read.count
        // Before the others are copied: of most lists that is all that there is.
        if lastDay == nil { try takeLast(of: read.elements, &count) }
        rest.prepend(read.elements, count: count, arena)
    }
}
