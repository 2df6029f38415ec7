import UsageModel

/// Elements stand in a checkpoint packed as they are in memory, and so are copied as a rule.
extension DayBlock {
    /// Of the number before them, for their width.
    fileprivate static let widthShift: UInt32 = 30

    /// The bytes of all elements, with what stands before them.
    func writeAll(to out: ByteBuffer, _ arena: UnsafeMutablePointer<DayArena>) {
        guard count > 0 else { return }
        out.append(UnsafeRawBufferPointer(start: arena.pointee.pointer(to: block), count: width.byteCount(of: count)))
    }

    /// Reads what `writeAll` wrote of `count` elements.
    init(
        _ count: Int, _ width: DayWidth, _ reader: inout ByteReader, _ filling: inout DayFilling.Share
    ) throws(DamagedBytes) {
        self.init()
        guard count > 0 else { return }
        let bytes = try reader.slice(width.byteCount(of: count))
        let (block, sizeClass, memory) = filling.allocate(byteCount: bytes.count)
        self.init(block: block, sizeClass, width, count: count)
        memory.copyMemory(from: bytes.baseAddress.unsafelyUnwrapped, byteCount: bytes.count)
    }

    /// Writes the elements `written` and behind them `last`, with their number and width before them.
    func write(
        _ written: Range<Int>, and last: LastElements, to out: ByteBuffer, _ arena: UnsafeMutablePointer<DayArena>
    ) {
        let count = written.count + last.count
        guard count > 0 else { return out.append(UInt32(0)) }
        let packing: DayPacking
        if !written.isEmpty, (0..<last.count).allSatisfy({ elements(arena).packing.fits(last[$0]) }) {
            packing = elements(arena).packing
        } else {
            var range = DayElementRange()
            for index in written { range.include(elements(arena)[index]) }
            for index in 0..<last.count { range.include(last[index]) }
            packing = DayPacking(of: range)
        }
        out.append(UInt32(count) | UInt32(packing.width.rawValue) << Self.widthShift)
        packing.appendHeader(to: out)
        if !written.isEmpty, packing == elements(arena).packing {
            let elements = elements(arena)
            out.append(
                UnsafeRawBufferPointer(
                    start: elements.address(of: written.lowerBound), count: written.count * width.byteCount))
        } else {
            for index in written { packing.append(elements(arena)[index], to: out) }
        }
        for index in 0..<last.count { packing.append(last[index], to: out) }
    }

    /// Puts `count` elements before those that it has.
    mutating func prepend(_ added: DayElements, count addedCount: Int, _ arena: UnsafeMutablePointer<DayArena>) {
        guard addedCount > 0 else { return }
        var joined: DayBlock
        if count == 0 || added.packing == elements(arena).packing {
            joined = DayBlock(room: addedCount + count, added.packing, arena)
            joined.append(added, count: addedCount, arena)
            if count > 0 { joined.append(elements(arena), count: count, arena) }
        } else {
            joined = DayBlock(addedCount + count, arena) {
                $0 < addedCount ? added[$0] : elements(arena)[$0 - addedCount]
            }
        }
        free(arena)
        self = joined
    }
}

extension DayElements {
    /// What `DayBlock.write` wrote, where it lies, and how many they are; nil where they are none.
    static func read(_ reader: inout ByteReader) throws(DamagedBytes) -> (elements: DayElements, count: Int)? {
        let head = try reader.number(UInt32.self)
        let count = Int(head & (1 << DayBlock.widthShift - 1))
        guard count > 0 else { return nil }
        guard let width = DayWidth(rawValue: UInt8(head >> DayBlock.widthShift)) else {
            throw DamagedBytes("days of no width")
        }
        let bytes = try reader.slice(width.byteCount(of: count))
        return (DayElements(width, header: bytes.baseAddress.unsafelyUnwrapped), count)
    }
}

extension DayPacking {
    fileprivate func appendHeader(to out: ByteBuffer) {
        writeHeader(to: out.reserve(width.headerByteCount))
        out.advance(width.headerByteCount)
    }

    fileprivate func append(_ element: DayCount, to out: ByteBuffer) {
        store(element, at: out.reserve(width.byteCount))
        out.advance(width.byteCount)
    }
}
