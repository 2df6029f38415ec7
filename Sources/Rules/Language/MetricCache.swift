import Portraits

/// The metrics read so far in one look, by slot of a program. Kept between looks: a new look only
/// raises a number, so nothing is cleared and nothing allocated.
public final class MetricCache {
    private struct Entry {
        var stamp: UInt64
        var value: MetricValue
    }

    private var entries: UnsafeMutablePointer<Entry>
    private var capacity = 0
    private var program: ObjectIdentifier?
    private var owner: UInt64 = 0
    private var stamp: UInt64 = 0
    private var looks: UInt64 = 0

    public init() {
        entries = UnsafeMutablePointer<Entry>.allocate(capacity: 0)
    }

    deinit {
        entries.deinitialize(count: capacity)
        entries.deallocate()
    }

    func newLook() -> UInt64 {
        looks += 1
        return looks
    }

    /// Makes the cache hold values of `program` in the look `look` and no others. O(1), except when
    /// a larger program comes by for the first time.
    func attach(_ program: Program, look: UInt64) {
        let identity = ObjectIdentifier(program)
        if identity == self.program, look == owner { return }
        self.program = identity
        owner = look
        stamp += 1
        if program.metrics.count > capacity { grow(to: program.metrics.count) }
    }

    private func grow(to count: Int) {
        entries.deinitialize(count: capacity)
        entries.deallocate()
        entries = UnsafeMutablePointer<Entry>.allocate(capacity: count)
        entries.initialize(repeating: Entry(stamp: 0, value: .unknown), count: count)
        capacity = count
    }

    /// The value in `slot`, read through `read` when this look has not read it yet.
    @inline(__always)
    func value(slot: Int, _ read: () -> MetricValue) -> MetricValue {
        precondition(slot >= 0 && slot < capacity, "metric slot out of range")
        if entries[slot].stamp == stamp { return entries[slot].value }
        let value = read()
        entries[slot] = Entry(stamp: stamp, value: value)
        return value
    }
}
