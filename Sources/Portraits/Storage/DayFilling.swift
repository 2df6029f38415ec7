import Synchronization

/// An arena that several threads fill at the same time: each with a `Share`, from chunks of its own, so that it waits for
/// the others only where it takes one. Nothing else may be done with the arena meanwhile.
final class DayFilling: @unchecked Sendable {
    private let arena: UnsafeMutablePointer<DayArena>
    /// Held where the arena changes.
    private let changing = Mutex(())

    init(_ arena: UnsafeMutablePointer<DayArena>) { self.arena = arena }

    private func addChunk(capacity: Int) -> (first: UInt32, units: UnsafeMutablePointer<DayArena.Unit>) {
        changing.withLock { _ in
            let first = UInt32(arena.pointee.addChunk(capacity: capacity) << DayArena.chunkBits)
            return (first, arena.pointee.pointer(to: first))
        }
    }

    /// Blocks for one thread. Whoever has one calls `end` once.
    struct Share {
        private let filling: DayFilling
        /// The chunk that blocks are taken from, and how much of it is taken.
        private var first: UInt32 = 0
        private var units: UnsafeMutablePointer<DayArena.Unit>?
        private var taken = DayArena.chunkCapacity
        /// By size class: the other half of a block that was taken; 0 is none. Nothing is given back before the end, so
        /// there is never more than one.
        private var halves = InlineArray<4, UInt32>(repeating: 0)

        /// 12 units: taken two at a time, so that what stands behind begins where blocks of 8 do.
        private static let halfOf24: UInt8 = 3

        init(_ filling: DayFilling) { self.filling = filling }

        /// A block with room for `byteCount` bytes, uninitialised, its size class, and where it is.
        @inline(__always)
        mutating func allocate(
            byteCount: Int
        ) -> (block: UInt32, sizeClass: UInt8, memory: UnsafeMutableRawPointer) {
            let sizeClass = DayArena.sizeClass(holdingBytes: byteCount)
            let (block, units) = sizeClass < Self.halfOf24 ? allocateHalved(sizeClass) : allocateLarge(sizeClass)
            return (block, sizeClass, UnsafeMutableRawPointer(units))
        }

        private mutating func allocateHalved(_ sizeClass: UInt8) -> (UInt32, UnsafeMutablePointer<DayArena.Unit>) {
            var found = sizeClass
            while found < DayArena.greatestHalved, halves[Int(found)] == 0 { found += 1 }
            let block: UInt32
            if found < DayArena.greatestHalved {
                block = halves[Int(found)]
                halves[Int(found)] = 0
            } else {
                block = take(DayArena.capacity(of: DayArena.greatestHalved))
            }
            while found > sizeClass {
                found -= 1
                halves[Int(found)] = block + UInt32(DayArena.capacity(of: found))
            }
            return (block, pointer(to: block))
        }

        private mutating func allocateLarge(_ sizeClass: UInt8) -> (UInt32, UnsafeMutablePointer<DayArena.Unit>) {
            let capacity = DayArena.capacity(of: sizeClass)
            if capacity > DayArena.chunkCapacity { return filling.addChunk(capacity: capacity) }
            guard sizeClass == Self.halfOf24 else {
                let block = take(capacity)
                return (block, pointer(to: block))
            }
            var block = halves[Int(sizeClass)]
            halves[Int(sizeClass)] = 0
            if block == 0 {
                block = take(capacity * 2)
                halves[Int(sizeClass)] = block + UInt32(capacity)
            }
            return (block, pointer(to: block))
        }

        private func pointer(to block: UInt32) -> UnsafeMutablePointer<DayArena.Unit> {
            units.unsafelyUnwrapped + Int(block - first)
        }

        private mutating func take(_ capacity: Int) -> UInt32 {
            if taken + capacity > DayArena.chunkCapacity {
                end()
                let chunk = filling.addChunk(capacity: DayArena.chunkCapacity)
                (first, units, taken) = (chunk.first, chunk.units, 0)
            }
            defer { taken += capacity }
            return first + UInt32(taken)
        }

        /// Leaves what was not used to the arena. Another chunk is taken where more is allocated.
        mutating func end() {
            guard units != nil else { return }
            filling.changing.withLock { _ in
                for sizeClass in halves.indices where halves[sizeClass] != 0 {
                    filling.arena.pointee.free(halves[sizeClass], UInt8(sizeClass))
                }
                if taken < DayArena.chunkCapacity {
                    filling.arena.pointee.open(chunk: Int(first >> UInt32(DayArena.chunkBits)), taken: taken)
                }
            }
            self = Share(filling)
        }
    }
}
