import UsageModel

/// Blocks of day counts for all companies, in size classes with lists of free blocks.
///
/// Millions of users have a handful of active days each. An allocation of its own for each would
/// cost 16 bytes of the allocator's and a pointer of 8; a block here costs nothing and a number of 4.
///
/// What they take is counted in units of 8 bytes. Blocks of 2, 4 and 8 units are halves of one another, and unite again when both are free (buddies): lists grow
/// together, and what all have outgrown would be of no use to any.
struct DayArena: ~Copyable {
    /// 8 bytes.
    typealias Unit = UInt64

    private var chunks = Rows<UnsafeMutablePointer<Unit>>()
    /// By chunk: how many units it has.
    private var capacities = Rows<Int>()
    /// First free block by size class; 0 is none (block 0 is never handed out).
    private var freeBlocks = Rows<UInt32>()
    /// A bit for each two units of all chunks: whether a free block of a size class that unites begins there.
    private var freeMarks = Rows<UInt64>()
    /// How much of the newest shared chunk is taken.
    private var takenInChunk = capacity(of: greatestHalved)
    private var sharedChunk = 0
    /// Other chunks that are taken in part, and how much of each is.
    private var openChunks: [(chunk: Int, taken: Int)] = []

    /// The size class of 8 units, whose halves are the classes below.
    static let greatestHalved: UInt8 = 2

    /// 2 MiB, a huge page.
    static let chunkBits = 18
    static let chunkCapacity = 1 << chunkBits

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
        freeMarks.deallocate()
    }

    /// Units in a block of `sizeClass`: 2, 4, 8, 12, 16, 24, 32, 48, … A list that grows leaves its
    /// old block to others, so fewer classes waste less where all grow together.
    @inline(__always)
    static func capacity(of sizeClass: UInt8) -> Int {
        if sizeClass < 2 { return 2 << Int(sizeClass) }
        let step = Int(sizeClass) - 2
        return (2 + step & 1) << (step >> 1 + 2)
    }

    /// The least class whose blocks have room for `count` units.
    @inline(__always)
    static func sizeClass(holding count: Int) -> UInt8 {
        guard count > 8 else { return count > 4 ? 2 : count > 2 ? 1 : 0 }
        let last = count - 1
        let bits = Int.bitWidth - 1 - last.leadingZeroBitCount
        return UInt8(2 * bits - 3 + (last >> (bits - 1)) & 1)
    }

    /// The same of `byteCount` bytes.
    @inline(__always)
    static func sizeClass(holdingBytes byteCount: Int) -> UInt8 {
        sizeClass(holding: (byteCount + MemoryLayout<Unit>.size - 1) / MemoryLayout<Unit>.size)
    }

    @inline(__always)
    func pointer(to block: UInt32) -> UnsafeMutablePointer<Unit> {
        chunks.base[Int(block >> UInt32(Self.chunkBits))] + Int(block & UInt32(Self.chunkCapacity - 1))
    }

    mutating func allocate(_ sizeClass: UInt8) -> UInt32 {
        if sizeClass <= Self.greatestHalved { return allocateHalved(sizeClass) }
        let free = freeBlocks[Int(sizeClass)]
        if free != 0 {
            freeBlocks[Int(sizeClass)] = freeBlock(free).pointee.next
            return free
        }
        return takeNew(sizeClass)
    }

    mutating func free(_ block: UInt32, _ sizeClass: UInt8) {
        if sizeClass <= Self.greatestHalved { return freeHalved(block, sizeClass) }
        freeBlock(block).pointee.next = freeBlocks[Int(sizeClass)]
        freeBlocks[Int(sizeClass)] = block
    }

    private mutating func takeNew(_ sizeClass: UInt8) -> UInt32 {
        let capacity = Self.capacity(of: sizeClass)
        guard capacity <= Self.chunkCapacity else { return UInt32(addChunk(capacity: capacity) << Self.chunkBits) }
        if takenInChunk + capacity > Self.chunkCapacity {
            let open = openChunks.lastIndex { $0.taken + capacity <= Self.chunkCapacity }
            (sharedChunk, takenInChunk) =
                open.map { openChunks.remove(at: $0) } ?? (addChunk(capacity: Self.chunkCapacity), 0)
        }
        let block = UInt32(sharedChunk << Self.chunkBits | takenInChunk)
        takenInChunk += capacity
        return block
    }

    /// Has blocks taken from a chunk of which the first `taken` units are.
    mutating func open(chunk: Int, taken: Int) { openChunks.append((chunk, taken)) }

    // MARK: Blocks that are halves of one another

    /// What stands in a free block.
    private struct FreeBlock: BitwiseCopyable {
        /// The free blocks before and behind it in the list of its size class; 0 is none. Only those that unite know
        /// the one before.
        var next: UInt32
        var previous: UInt32
        var sizeClass: UInt8
    }

    private func freeBlock(_ block: UInt32) -> UnsafeMutablePointer<FreeBlock> {
        UnsafeMutableRawPointer(pointer(to: block)).assumingMemoryBound(to: FreeBlock.self)
    }

    private mutating func allocateHalved(_ sizeClass: UInt8) -> UInt32 {
        var found = sizeClass
        while found < Self.greatestHalved, freeBlocks[Int(found)] == 0 { found += 1 }
        let free = freeBlocks[Int(found)]
        if free != 0 { unlink(free, found) }
        let block = free != 0 ? free : takeNewHalved()
        while found > sizeClass {
            found -= 1
            link(block + UInt32(Self.capacity(of: found)), found)
        }
        return block
    }

    /// Where a block of 8 may begin, so that its halves find each other. What is left before it is a block as well.
    private mutating func takeNewHalved() -> UInt32 {
        let half = Self.capacity(of: Self.greatestHalved - 1)
        if takenInChunk & half != 0 { link(takeNew(Self.greatestHalved - 1), Self.greatestHalved - 1) }
        return takeNew(Self.greatestHalved)
    }

    private mutating func freeHalved(_ block: UInt32, _ sizeClass: UInt8) {
        var (block, sizeClass) = (block, sizeClass)
        while sizeClass < Self.greatestHalved {
            let other = block ^ UInt32(Self.capacity(of: sizeClass))
            guard isFree(other), freeBlock(other).pointee.sizeClass == sizeClass else { break }
            unlink(other, sizeClass)
            block = min(block, other)
            sizeClass += 1
        }
        link(block, sizeClass)
    }

    private mutating func link(_ block: UInt32, _ sizeClass: UInt8) {
        let next = freeBlocks[Int(sizeClass)]
        freeBlock(block).pointee = FreeBlock(next: next, previous: 0, sizeClass: sizeClass)
        if next != 0 { freeBlock(next).pointee.previous = block }
        freeBlocks[Int(sizeClass)] = block
        mark(block)
    }

    private mutating func unlink(_ block: UInt32, _ sizeClass: UInt8) {
        let (next, previous) = (freeBlock(block).pointee.next, freeBlock(block).pointee.previous)
        if next != 0 { freeBlock(next).pointee.previous = previous }
        if previous != 0 {
            freeBlock(previous).pointee.next = next
        } else {
            freeBlocks[Int(sizeClass)] = next
        }
        mark(block)
    }

    private func isFree(_ block: UInt32) -> Bool {
        let place = Int(block) / Self.unitsPerMark
        return freeMarks[place / UInt64.bitWidth] >> UInt64(place % UInt64.bitWidth) & 1 == 1
    }

    /// Marks the block as free, or as taken if it was free.
    private func mark(_ block: UInt32) {
        let place = Int(block) / Self.unitsPerMark
        freeMarks.base[place / UInt64.bitWidth] ^= 1 << UInt64(place % UInt64.bitWidth)
    }

    /// The least block.
    private static let unitsPerMark = 2

    /// Returns its number.
    mutating func addChunk(capacity: Int) -> Int {
        // 16,384 chunks of 2 MiB: beyond any machine this is made for.
        precondition(chunks.count < 1 << (32 - Self.chunkBits), "day counts outgrew 32 GiB")
        chunks.append(HugePages.allocate(capacity).baseAddress.unsafelyUnwrapped)
        capacities.append(capacity)
        freeMarks.extend(
            toCount: chunks.count << Self.chunkBits / (Self.unitsPerMark * UInt64.bitWidth), filler: 0)
        return chunks.count - 1
    }
}
