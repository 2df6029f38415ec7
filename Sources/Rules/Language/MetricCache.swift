import Portraits
import UsageModel

/// The metrics read so far in one look, by slot of a program. Kept between looks: a new look only
/// raises a number, so nothing is cleared and nothing allocated.
public final class MetricCache {
    /// What every step of an evaluation reaches without counting a reference.
    struct Values {
        fileprivate var entries: UnsafeMutablePointer<Entry>
        fileprivate var texts: UnsafeMutablePointer<MetricValue>
        fileprivate var capacity = 0
        fileprivate var program: ObjectIdentifier?
        fileprivate var owner: UInt64 = 0
        fileprivate var stamp: UInt64 = 0
    }

    /// A metric's value without a reference in it; texts stand beside.
    struct Entry: BitwiseCopyable {
        enum Kind: UInt8, BitwiseCopyable { case unknown, number, elapsed, text, bool }

        fileprivate var stamp: UInt64 = 0
        var kind = Kind.unknown
        /// `.number`; for `.bool` 1 is true.
        var number = 0.0
        /// `.elapsed`.
        var since = Timestamp(milliseconds: 0)
    }

    let values: UnsafeMutablePointer<Values>
    private var looks: UInt64 = 0

    public init() {
        values = .allocate(capacity: 1)
        values.initialize(to: Values(entries: .allocate(capacity: 0), texts: .allocate(capacity: 0)))
    }

    deinit {
        Self.free(values)
        values.deinitialize(count: 1)
        values.deallocate()
    }

    func newLook() -> UInt64 {
        looks += 1
        return looks
    }

    private static func free(_ values: UnsafeMutablePointer<Values>) {
        values.pointee.entries.deallocate()
        values.pointee.texts.deinitialize(count: values.pointee.capacity)
        values.pointee.texts.deallocate()
    }

    /// Makes the cache hold values of `program` in the look `look` and no others. O(1), except when
    /// a larger program comes by for the first time.
    @inline(__always)
    static func attach(_ values: UnsafeMutablePointer<Values>, _ program: Program, look: UInt64) {
        let identity = ObjectIdentifier(program)
        if identity == values.pointee.program, look == values.pointee.owner { return }
        values.pointee.program = identity
        values.pointee.owner = look
        values.pointee.stamp += 1
        if program.metrics.count > values.pointee.capacity { grow(values, to: program.metrics.count) }
    }

    private static func grow(_ values: UnsafeMutablePointer<Values>, to count: Int) {
        free(values)
        values.pointee.entries = .allocate(capacity: count)
        values.pointee.entries.initialize(repeating: Entry(), count: count)
        values.pointee.texts = .allocate(capacity: count)
        values.pointee.texts.initialize(repeating: .unknown, count: count)
        values.pointee.capacity = count
    }
}

extension EvaluationContext {
    /// The metric in `slot` of `program`, to which the cache must be attached; read at most once a look.
    @inline(__always)
    func entry(_ slot: Int, of program: Program) -> MetricCache.Entry {
        precondition(slot >= 0 && slot < values.pointee.capacity, "metric slot out of range")
        let entry = values.pointee.entries[slot]
        return entry.stamp == values.pointee.stamp ? entry : read(slot, of: program)
    }

    @inline(never)
    private func read(_ slot: Int, of program: Program) -> MetricCache.Entry {
        var entry = MetricCache.Entry(stamp: values.pointee.stamp)
        let value = portrait.value(of: program.metrics[slot], at: moment)
        switch value {
        case .unknown: entry.kind = .unknown
        case .number(let number):
            // What is not finite is unknown to every rule.
            entry.kind = number.isFinite ? .number : .unknown
            entry.number = number
        case .elapsed(let since):
            entry.kind = .elapsed
            entry.since = since
        case .bool(let isTrue):
            entry.kind = .bool
            entry.number = isTrue ? 1 : 0
        case .text:
            entry.kind = .text
            values.pointee.texts[slot] = value
        }
        values.pointee.entries[slot] = entry
        return entry
    }

    /// The same with its text.
    func metric(_ slot: Int, of program: Program) -> MetricValue {
        let entry = entry(slot, of: program)
        switch entry.kind {
        case .unknown: return .unknown
        case .number: return .number(entry.number)
        case .elapsed: return .elapsed(since: entry.since)
        case .bool: return .bool(entry.number != 0)
        case .text: return values.pointee.texts[slot]
        }
    }
}
