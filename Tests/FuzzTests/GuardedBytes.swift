import Foundation

/// Holds bytes so that the first one behind them is no memory at all: whoever reads on, even by one byte,
/// is stopped there and then, in an optimised build as well.
final class GuardedBytes {
    private let map: UnsafeMutableRawPointer
    private let capacity: Int
    private let mapByteCount: Int

    init(capacity: Int = 1 << 20) {
        let page = sysconf(Int32(_SC_PAGESIZE))
        self.capacity = (capacity + page - 1) / page * page
        mapByteCount = self.capacity + page
        guard let map = mmap(nil, mapByteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            map != MAP_FAILED, mprotect(map + self.capacity, page, PROT_NONE) == 0
        else { preconditionFailure("no memory for a guard page") }
        self.map = map
    }

    deinit { munmap(map, mapByteCount) }

    /// The same bytes, at the end of what can be read. Valid until the next call.
    func hold(_ bytes: some Collection<UInt8>) -> UnsafeRawBufferPointer {
        let count = bytes.count
        precondition(count <= capacity, "longer than any input")
        let start = map + (capacity - count)
        UnsafeMutableRawBufferPointer(start: start, count: count).copyBytes(from: bytes)
        return UnsafeRawBufferPointer(start: start, count: count)
    }
}
