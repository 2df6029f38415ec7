import UsageModel

/// Sums of amounts by day, in order of day.
///
/// The last day stands in the list itself, so that an event on it, as most are, touches nothing else.
struct AmountDays: BitwiseCopyable {
    private var last = AmountDay.none
    /// All before `last`.
    private var rest = Rows<AmountDay>()

    init() {}

    var count: Int { last.isNone ? 0 : rest.count + 1 }

    subscript(index: Int) -> AmountDay { index < rest.count ? rest[index] : last }

    /// Whether `add` would change another day than the last one, or make one more.
    @inline(__always)
    func takesElsewhere(on day: Int32) -> Bool { !(last.isNone || last.day == day) }

    /// O(1) on the last day or behind it, else O(days).
    @inline(__always)
    mutating func add(_ amount: Amount, on day: Int32) {
        if last.day == day { last.amount += amount } else { addSlowly(amount, on: day) }
    }

    @inline(never)
    private mutating func addSlowly(_ amount: Amount, on day: Int32) {
        if last.isNone || day > last.day {
            if !last.isNone { rest.append(last) }
            last = AmountDay(day: day, amount: amount)
            return
        }
        var index = rest.count
        while index > 0, rest[index - 1].day > day { index -= 1 }
        if index > 0, rest[index - 1].day == day {
            rest.base[index - 1].amount += amount
        } else {
            rest.insert(AmountDay(day: day, amount: amount), at: index)
        }
    }

    /// Whether there is anything that `prune` drops.
    func hasDays(before kept: Int32) -> Bool { count > 0 && self[0].day < kept }

    /// Drops days before `kept`.
    mutating func prune(before kept: Int32) {
        rest.removeAll { $0.day < kept }
        if last.day < kept { last = .none }
    }

    /// Frees the memory; no copy may be used afterwards.
    func deallocate() { rest.deallocate() }

    // MARK: Checkpoints

    /// Whether there is anything but the last day.
    var hasRest: Bool { !rest.isEmpty }

    func writeLast(to out: ByteBuffer) { withUnsafeBytes(of: last) { out.append($0) } }

    /// With a last day alone.
    init(last reader: inout ByteReader) throws(DamagedBytes) {
        last = try reader.slice(MemoryLayout<AmountDay>.size).loadUnaligned(as: AmountDay.self)
    }

    func writeRest(to out: ByteBuffer) { rest.write(to: out) }

    /// Into days that have only a last one.
    mutating func readRest(_ reader: inout ByteReader) throws(DamagedBytes) { rest = try Rows(&reader) }
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
