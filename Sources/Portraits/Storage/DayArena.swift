import UsageModel

/// Blocks of day counts for all companies, in size classes with lists of free blocks.
///
/// Millions of users have a handful of active days each. An allocation of its own for each would
/// cost 16 bytes of the allocator's and a pointer of 8; a block here costs nothing and a number of 4.
struct DayArena: ~Copyable {
    private var chunks = Rows<UnsafeMutablePointer<DayCount>>()
    /// By chunk: how many elements it has.
    private var capacities = Rows<Int>()
    /// First free block by size class; 0 is none (block 0 is never handed out).
    private var freeBlocks = Rows<UInt32>()
    /// How much of the newest shared chunk is taken.
    private var takenInChunk = 1
    private var sharedChunk = 0

    /// 2 MiB, a huge page.
    private static let chunkBits = 18
    private static let chunkCapacity = 1 << chunkBits

    init() {
        _ = addChunk(capacity: Self.chunkCapacity)
        freeBlocks.extend(toCount: Int(UInt8.max), filler: 0)
    }

    deinit {
        for index in chunks.indices {
            HugePages.free(UnsafeMutableBufferPointer(start: chunks[index], count: capacities[index]))
        }
        chunks.deallocate()
        capacities.deallocate()
        freeBlocks.deallocate()
    }

    /// Bytes taken from the system.
    var byteCount: Int { capacities.indices.reduce(0) { $0 + capacities[$1] } * MemoryLayout<DayCount>.stride }

    /// Elements in a block of `sizeClass`: 2, 4, 8, 12, 16, 24, 32, 48, … A list that grows leaves its
    /// old block to others, so fewer classes waste less where all grow together.
    @inline(__always)
    static func capacity(of sizeClass: UInt8) -> Int {
        if sizeClass < 2 { return 2 << Int(sizeClass) }
        let step = Int(sizeClass) - 2
        return (2 + step & 1) << (step >> 1 + 2)
    }

    /// The least class whose blocks have room for `count` elements.
    @inline(__always)
    static func sizeClass(holding count: Int) -> UInt8 {
        guard count > 8 else { return count > 4 ? 2 : count > 2 ? 1 : 0 }
        let last = count - 1
        let bits = Int.bitWidth - 1 - last.leadingZeroBitCount
        return UInt8(2 * bits - 3 + (last >> (bits - 1)) & 1)
    }

    @inline(__always)
    func pointer(to block: UInt32) -> UnsafeMutablePointer<DayCount> {
        chunks.base[Int(block >> UInt32(Self.chunkBits))] + Int(block & UInt32(Self.chunkCapacity - 1))
    }

    mutating func allocate(_ sizeClass: UInt8) -> UInt32 {
        let free = freeBlocks[Int(sizeClass)]
        if free != 0 {
            freeBlocks[Int(sizeClass)] = Self.link(pointer(to: free)).pointee
            return free
        }
        let capacity = Self.capacity(of: sizeClass)
        guard capacity <= Self.chunkCapacity else { return UInt32(addChunk(capacity: capacity) << Self.chunkBits) }
        if takenInChunk + capacity > Self.chunkCapacity {
            sharedChunk = addChunk(capacity: Self.chunkCapacity)
            takenInChunk = 0
        }
        let block = UInt32(sharedChunk << Self.chunkBits | takenInChunk)
        takenInChunk += capacity
        return block
    }

    mutating func free(_ block: UInt32, _ sizeClass: UInt8) {
        Self.link(pointer(to: block)).pointee = freeBlocks[Int(sizeClass)]
        freeBlocks[Int(sizeClass)] = block
    }

    /// A free block's first bytes hold the number of the next free one.
    private static func link(_ block: UnsafeMutablePointer<DayCount>) -> UnsafeMutablePointer<UInt32> {
        UnsafeMutableRawPointer(block).assumingMemoryBound(to: UInt32.self)
    }

    /// Returns its number.
    private mutating func addChunk(capacity: Int) -> Int {
        // 16,384 chunks of 2 MiB: beyond any machine this is made for.
        precondition(chunks.count < 1 << (32 - Self.chunkBits), "day counts outgrew 32 GiB")
        chunks.append(HugePages.allocate(capacity).baseAddress.unsafelyUnwrapped)
        capacities.append(capacity)
        return chunks.count - 1
    }
}
