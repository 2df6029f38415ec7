/// What happened on one day, in 8 bytes: the day, a sum of counts and a note. Blocks of many pack them closer
/// (`DayPacking`).
///
/// A sum below 2,048 is one element. The rest of a larger one stands in one or two more elements of
/// the same day before it: `level` 1 counts 2^11s, `level` 2 counts 2^51s, so that sums are exact
/// below 2^64 although hardly any day needs more than 11 bits. The note belongs to level 0.
/// In lists of amounts an element is one of a sum's digits instead, of which there may be four.
struct DayCount: BitwiseCopyable {
    /// Day (22 bits), 2 − level (2), note (29), count (11), from the top.
    private var word: UInt64

    static let countBits: UInt64 = 11
    private static let noteBits: UInt64 = 29
    /// A level's count takes what level 0 has for note and count.
    private static let payloadBits = noteBits + countBits
    private static let levelBits: UInt64 = 2
    private static let dayShift = payloadBits + levelBits
    static let greatestCount: UInt64 = 1 << countBits - 1
    static let greatestNote: UInt64 = 1 << noteBits - 1
    private static let greatestPayload: UInt64 = 1 << payloadBits - 1
    /// Days from the last of year −1 to beyond year 9999 fit; record times end at both.
    private static let dayBias: Int32 = 719_600
    private static let dayCapacity: Int32 = 1 << 22

    /// No element; its day lies before all others.
    static let none = DayCount(word: 0)

    @inline(__always) var isNone: Bool { word == 0 }

    // MARK: A time in place of a day

    /// A word of a day behind the year 9999 and of level 2, which no day that counts has.
    ///
    /// - Parameter time: milliseconds, one of `times`.
    init(time: Int64) {
        let upper = Self.dayOfTimes &+ time >> Int64(Self.payloadBits)
        word = UInt64(upper) << Self.dayShift | UInt64(bitPattern: time) & Self.greatestPayload
    }

    /// More than the years 0 to 9999.
    static let times = -timesEnd..<timesEnd
    private static let timesEnd: Int64 = 1 << 50

    var isTime: Bool { word >> Self.payloadBits & 3 == 0 && Self.times.contains(time) }

    /// What `init(time:)` was given.
    var time: Int64 {
        let upper = Int64(word >> Self.dayShift) &- Self.dayOfTimes
        return upper << Int64(Self.payloadBits) | Int64(word & Self.greatestPayload)
    }

    /// 347,504 days behind the last of the year 9999 and 194,304 before the end of those that a word has room for; `times` take
    /// 1,024 of them on either side.
    private static let dayOfTimes: Int64 = 4_000_000

    private init(word: UInt64) { self.word = word }

    /// As it stands in a checkpoint.
    var bits: UInt64 { word }

    init(bits: UInt64) { word = bits }

    /// An element of level 0 without a count.
    @inline(__always)
    init(day: Int32, note: UInt64) { self.init(day: day, rank: 2, payload: note << Self.countBits) }

    /// An element of level 1 or 2 without a count.
    @inline(__always)
    init(day: Int32, level: UInt64) { self.init(day: day, rank: 2 - level, payload: 0) }

    @inline(__always)
    private init(day: Int32, rank: UInt64, payload: UInt64) {
        let biased = day &+ Self.dayBias
        precondition(biased >= 0 && biased < Self.dayCapacity, "a day outside the years 1 to 9999")
        word = UInt64(biased) << Self.dayShift | rank << Self.payloadBits | payload
    }

    @inline(__always) var day: Int32 { Int32(truncatingIfNeeded: word >> Self.dayShift) &- Self.dayBias }
    @inline(__always) var level: UInt64 { 2 &- (word >> Self.payloadBits & 3) }
    /// Whether this is the day's last element, which every day has.
    @inline(__always) var isLowest: Bool { word >> Self.payloadBits & 3 == 2 }
    @inline(__always) var note: UInt64 { word >> Self.countBits & Self.greatestNote }

    /// The element's part of the day's sum.
    @inline(__always) var value: UInt64 {
        isLowest ? word & Self.greatestCount : (word & Self.greatestPayload) << Self.shift(level)
    }

    /// Adds to an element of level 0 and raises its note. Returns false, and changes nothing, when
    /// the sum does not fit.
    @inline(__always)
    mutating func add(_ count: UInt64, note: UInt64) -> Bool {
        guard count <= Self.greatestCount &- (word & Self.greatestCount) else { return false }
        word &+= count
        raise(note)
        return true
    }

    @inline(__always)
    mutating func raise(_ note: UInt64) {
        if note > self.note {
            word = word & ~(Self.greatestNote << Self.countBits) | note << Self.countBits
        }
    }

    /// Adds what fits of `count`; returns what goes to the next level, in its unit.
    mutating func addCarrying(_ count: UInt64) -> UInt64 {
        let bits = isLowest ? Self.countBits : level == 1 ? Self.payloadBits : 64 - Self.shift(2)
        let mask: UInt64 = 1 << bits - 1
        let (sum, overflow) = (word & mask).addingReportingOverflow(count)
        word = word & ~mask | sum & mask
        return sum >> bits | (overflow ? 1 << (64 - bits) : 0)
    }

    // MARK: Packing

    /// The days from the first that a word has room for on.
    @inline(__always) var position: UInt64 { word >> Self.dayShift }
    /// Note and count of an element of level 0.
    @inline(__always) var payload: UInt64 { word & Self.greatestPayload }

    /// An element of level 0.
    @inline(__always)
    init(position: UInt64, payload: UInt64) {
        word = position << Self.dayShift | 2 << Self.payloadBits | payload
    }

    // MARK: Digits of amounts

    /// How many bits of an amount an element holds that is one of its digits.
    static let digitBits = Int(payloadBits)

    /// A digit of an amount, of which it takes the low bits. An `Int128` has up to four, level 0 being the lowest.
    init(day: Int32, level: Int, digit: UInt64) {
        self.init(day: day, rank: UInt64(truncatingIfNeeded: 2 &- level) & 3, payload: digit & Self.greatestPayload)
    }

    @inline(__always) var digit: UInt64 { word & Self.greatestPayload }

    @inline(__always)
    private static func shift(_ level: UInt64) -> UInt64 { level == 1 ? countBits : countBits + payloadBits }
}
