/// How many bytes the elements of a block take: as few as all of them allow.
///
/// A day of a task bears a note of one bit and hardly ever more than 2,047 events, a user's the time of its last event: half and
/// three quarters of what every element would take. With 10 million users days are the most of all memory.
enum DayWidth: UInt8, BitwiseCopyable {
    /// 20 bits for the day, which last until the year 2870, and 12 for a count and a note of one bit.
    case four
    /// 9 bits for the day, counted from the block's base, and 39 for the count and a note of 28 bits: three days.
    case six
    /// An element as it is.
    case eight

    @inline(__always) var byteCount: Int { 4 + 2 * Int(rawValue) }

    /// What stands before the elements: the base that their days are counted from.
    @inline(__always) var headerByteCount: Int { self == .six ? MemoryLayout<UInt16>.size : 0 }

    /// Of a block with `count` elements.
    @inline(__always)
    func byteCount(of count: Int) -> Int { headerByteCount + count * byteCount }
}

/// How elements of a block are packed, and from which day on.
struct DayPacking: BitwiseCopyable {
    let width: DayWidth
    /// Of width six: the position from which on days are counted.
    private let base: UInt64

    private static let payloadBitsOfFour: UInt64 = 12
    private static let positionBitsOfFour: UInt64 = 20
    private static let payloadBitsOfSix: UInt64 = 39
    private static let positionBitsOfSix: UInt64 = 9
    /// A base is a multiple of 64 days, so that 16 bits say it. So 448 days at least fit behind the first.
    private static let baseShift: UInt64 = 6

    /// Of a block that begins at `header`.
    @inline(__always)
    init(_ width: DayWidth, header: UnsafeRawPointer) {
        self.width = width
        base = width == .six ? UInt64(header.loadUnaligned(as: UInt16.self)) << Self.baseShift : 0
    }

    /// The narrowest for what `range` is of.
    init(of range: DayElementRange) {
        let base = range.first & ~(1 << Self.baseShift - 1)
        if !range.isOfLowest {
            width = .eight
        } else if range.payloads >> Self.payloadBitsOfFour == 0, range.last >> Self.positionBitsOfFour == 0 {
            width = .four
        } else if range.payloads >> Self.payloadBitsOfSix == 0, (range.last - base) >> Self.positionBitsOfSix == 0 {
            width = .six
        } else {
            width = .eight
        }
        self.base = width == .six ? base : 0
    }

    static func == (left: DayPacking, right: DayPacking) -> Bool {
        left.width == right.width && left.base == right.base
    }

    func writeHeader(to memory: UnsafeMutableRawPointer) {
        if width == .six { memory.storeBytes(of: UInt16(base >> Self.baseShift), as: UInt16.self) }
    }

    @inline(__always)
    func fits(_ element: DayCount) -> Bool {
        switch width {
        case .four:
            element.isLowest && element.payload >> Self.payloadBitsOfFour == 0
                && element.position >> Self.positionBitsOfFour == 0
        case .six:
            element.isLowest && element.payload >> Self.payloadBitsOfSix == 0
                && (element.position &- base) >> Self.positionBitsOfSix == 0
        case .eight: true
        }
    }

    @inline(__always)
    func element(at place: UnsafeRawPointer) -> DayCount {
        switch width {
        case .four:
            let bits = UInt64(place.loadUnaligned(as: UInt32.self))
            return DayCount(position: bits >> Self.payloadBitsOfFour, payload: bits & (1 << Self.payloadBitsOfFour - 1))
        case .six:
            let high = UInt64(place.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
            let bits = UInt64(place.loadUnaligned(as: UInt32.self)) | high << 32
            return DayCount(
                position: base + bits >> Self.payloadBitsOfSix, payload: bits & (1 << Self.payloadBitsOfSix - 1))
        case .eight: return DayCount(bits: place.loadUnaligned(as: UInt64.self))
        }
    }

    /// Only of an element that fits.
    @inline(__always)
    func store(_ element: DayCount, at place: UnsafeMutableRawPointer) {
        switch width {
        case .four:
            let bits = element.position << Self.payloadBitsOfFour | element.payload
            place.storeBytes(of: UInt32(truncatingIfNeeded: bits), as: UInt32.self)
        case .six:
            let bits = (element.position &- base) << Self.payloadBitsOfSix | element.payload
            place.storeBytes(of: UInt32(truncatingIfNeeded: bits), as: UInt32.self)
            place.storeBytes(of: UInt16(truncatingIfNeeded: bits >> 32), toByteOffset: 4, as: UInt16.self)
        case .eight: place.storeBytes(of: element.bits, as: UInt64.self)
        }
    }
}

/// What a packing must have room for.
struct DayElementRange: BitwiseCopyable {
    /// Positions of days.
    private(set) var first = UInt64.max
    private(set) var last: UInt64 = 0
    /// All bits that are set in any.
    private(set) var payloads: UInt64 = 0
    /// Whether all are of level 0.
    private(set) var isOfLowest = true

    mutating func include(_ element: DayCount) {
        first = min(first, element.position)
        last = max(last, element.position)
        payloads |= element.payload
        isOfLowest = isOfLowest && element.isLowest
    }

    mutating func include(_ elements: DayElements, count: Int) {
        for index in 0..<count { include(elements[index]) }
    }
}

/// The elements of a block where they lie, in the arena or in a checkpoint's bytes.
struct DayElements: BitwiseCopyable {
    let packing: DayPacking
    /// The first.
    private let memory: UnsafeRawPointer

    /// Of a block that begins at `header`.
    @inline(__always)
    init(_ width: DayWidth, header: UnsafeRawPointer) {
        packing = DayPacking(width, header: header)
        memory = header + width.headerByteCount
    }

    @inline(__always)
    func address(of index: Int) -> UnsafeRawPointer { memory + index * packing.width.byteCount }

    @inline(__always)
    subscript(index: Int) -> DayCount { packing.element(at: address(of: index)) }
}
