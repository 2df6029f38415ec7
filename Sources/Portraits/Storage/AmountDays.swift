import UsageModel

/// Sums of amounts by day, in order of day; 8 bytes a day where a sum lies within ±2^39 millionths, 6 where no sum
/// of the list is negative, and 8 more for each further 40 bits.
///
/// The last day stands in the list itself, so that an event on it, as most are, touches nothing else.
struct AmountDays: DaysBeforeLast {
    private var last = AmountDay.none
    /// All before `last`, each day's digits from the highest, which bears the sign, to the lowest.
    var rest = DayBlock()

    init() {}

    var lastDay: Int32? { last.isNone ? nil : last.day }

    /// When it must grow, days before `kept` are dropped first. O(1) on the last day or behind it, else O(days).
    @inline(__always)
    mutating func add(
        _ amount: Amount, on day: Int32, keepingFrom kept: Int32, _ arena: UnsafeMutablePointer<DayArena>
    ) {
        if last.day == day { last.amount += amount } else { addSlowly(amount, on: day, keepingFrom: kept, arena) }
    }

    @inline(never)
    private mutating func addSlowly(
        _ amount: Amount, on day: Int32, keepingFrom kept: Int32, _ arena: UnsafeMutablePointer<DayArena>
    ) {
        if last.isNone || day > last.day {
            if !last.isNone { insert(last, at: rest.count, keepingFrom: kept, arena) }
            last = AmountDay(day: day, amount: amount)
            return
        }
        let index = rest.firstIndex(notBefore: day, arena)
        var sum = AmountDay(day: day, amount: amount)
        if index < rest.count, rest.elements(arena)[index].day == day {
            var end = index
            sum.amount += readDay(at: &end, arena).amount
            rest.remove(index..<end, arena)
        }
        insert(sum, at: index, keepingFrom: kept, arena)
    }

    /// Of a day before `kept` it may drop digits again, which nobody asks for.
    private mutating func insert(
        _ sum: AmountDay, at index: Int, keepingFrom kept: Int32, _ arena: UnsafeMutablePointer<DayArena>
    ) {
        var index = index
        forEachDigit(of: sum) { index = rest.insert($0, at: index, keepingFrom: kept, arena) + 1 }
    }

    /// From the highest, as few as there need be.
    private func forEachDigit(of sum: AmountDay, _ body: (DayCount) -> Void) {
        let micros = sum.amount.micros
        // Of two's complement, the sign included.
        let bits = Int128.bitWidth + 1 - (micros ^ micros >> (Int128.bitWidth - 1)).leadingZeroBitCount
        var level = (bits + DayCount.digitBits - 1) / DayCount.digitBits
        while level > 0 {
            level -= 1
            let digit = UInt64(truncatingIfNeeded: micros >> (level * DayCount.digitBits))
            body(DayCount(day: sum.day, level: level, digit: digit))
        }
    }

    /// The day whose first digit stands at `index`, which is moved behind its last one.
    @inline(__always)
    private func readDay(at index: inout Int, _ arena: UnsafeMutablePointer<DayArena>) -> AmountDay {
        Self.day(at: &index, of: rest.elements(arena), count: rest.count)
    }

    @inline(__always)
    private static func day(at index: inout Int, of elements: DayElements, count: Int) -> AmountDay {
        let unused = UInt64.bitWidth - DayCount.digitBits
        var micros = Int128(Int64(bitPattern: elements[index].digit << UInt64(unused)) >> Int64(unused))
        while !elements[index].isLowest, index + 1 < count {
            index += 1
            micros = micros &<< Int128(DayCount.digitBits) | Int128(elements[index].digit)
        }
        index += 1
        return AmountDay(day: elements[index - 1].day, amount: Amount(micros: micros))
    }

    mutating func forgetLast() { last = .none }

    // MARK: Questions

    /// The sum over `days`, nil where there is nothing on any of them. O(log days + days in it).
    func sum(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>) -> Amount? {
        var sum: Amount?
        forEach(days, arena) { day in sum = (sum ?? .zero) + day.amount }
        return sum
    }

    /// Calls `body` with each of `days` on which there is anything, in order.
    @inline(__always)
    func forEach(_ days: DayRange, _ arena: UnsafeMutablePointer<DayArena>, _ body: (AmountDay) -> Void) {
        if last.isNone || last.day < days.first { return }
        var index = rest.firstIndex(notBefore: days.first, arena)
        while index < rest.count, rest.elements(arena)[index].day <= days.last { body(readDay(at: &index, arena)) }
        if last.day <= days.last { body(last) }
    }

    // MARK: Checkpoints

    var lastElements: LastElements {
        var elements = LastElements()
        if !last.isNone { forEachDigit(of: last) { elements.append($0) } }
        return elements
    }

    mutating func takeLast(of elements: DayElements, _ count: inout Int) throws(DamagedBytes) {
        var first = count - 1
        while first > 0, elements[first - 1].day == elements[count - 1].day { first -= 1 }
        var end = first
        last = Self.day(at: &end, of: elements, count: count)
        guard end == count else { throw DamagedBytes("days of amounts in no order") }
        count = first
    }
}

/// The sum of a day's amounts, as two words: an `Int128` would align every row to 16 bytes.
struct AmountDay: BitwiseCopyable {
    var day: Int32
    private var high: Int64
    private var low: UInt64

    /// No day at all; it lies before all others.
    static let none = AmountDay(day: .min, amount: .zero)

    @inline(__always) var isNone: Bool { day == .min }

    init(day: Int32, amount: Amount) {
        self.day = day
        high = Int64(truncatingIfNeeded: amount.micros >> 64)
        low = UInt64(truncatingIfNeeded: amount.micros)
    }

    var amount: Amount {
        get { Amount(micros: Int128(high) << 64 | Int128(low)) }
        set { self = AmountDay(day: day, amount: newValue) }
    }
}
