import UsageModel

/// One line being written into a fixed buffer: one copy a part, no allocation.
struct LineText {
    /// Longer than any line of a population: about 500 bytes, the traits of a company.
    static let capacity = 2_048

    private let buffer: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    /// `buffer` must hold `capacity` bytes and outlive this value.
    init(_ buffer: UnsafeMutableRawBufferPointer) {
        precondition(buffer.count >= Self.capacity, "a line's buffer is too small")
        self.buffer = buffer
    }

    @inline(__always)
    mutating func add(_ text: StaticString) {
        copy(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func add(_ text: [UInt8]) { text.withUnsafeBytes { copy($0) } }

    @inline(__always)
    private mutating func copy(_ text: UnsafeRawBufferPointer) {
        precondition(count + text.count <= buffer.count, "a simulated line is longer than its buffer")
        UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).copyMemory(from: text)
        count += text.count
    }

    @inline(__always)
    mutating func add(byte: UInt8) {
        buffer[count] = byte
        count += 1
    }

    mutating func add(number: Int64) {
        if number < 0 { add(byte: UInt8(ascii: "-")) }
        var rest = number.magnitude
        let start = count
        repeat {
            add(byte: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        buffer[start..<count].reverse()
    }

    /// `value` with leading zeros up to `width` digits.
    @inline(__always)
    mutating func add(digits value: Int, width: Int) {
        var rest = value
        for place in stride(from: count + width - 1, through: count, by: -1) {
            buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += width
    }

    mutating func add(day: Day) {
        let date = CivilDate(day)
        add(digits: date.year, width: 4)
        add(byte: UInt8(ascii: "-"))
        add(digits: date.month, width: 2)
        add(byte: UInt8(ascii: "-"))
        add(digits: date.day, width: 2)
    }

    /// RFC 3339 in UTC with milliseconds.
    mutating func add(time: Timestamp) {
        let day = time.utcDay
        add(day: day)
        let rest = Int(time - day.startUTC)
        add(byte: UInt8(ascii: "T"))
        add(digits: rest / 3_600_000, width: 2)
        add(byte: UInt8(ascii: ":"))
        add(digits: rest / 60_000 % 60, width: 2)
        add(byte: UInt8(ascii: ":"))
        add(digits: rest / 1_000 % 60, width: 2)
        add(byte: UInt8(ascii: "."))
        add(digits: rest % 1_000, width: 3)
        add(byte: UInt8(ascii: "Z"))
    }

    /// A UUID of version 4 whose 122 free bits come from `seed`.
    mutating func add(uuid seed: UInt64) {
        let high = SeededRandom.mixed(seed) & ~0xF000 | 0x4000
        let low = SeededRandom.mixed(seed ^ 0xA5A5_A5A5_A5A5_A5A5) & ~(0xC0 << 56) | (0x80 << 56)
        add(hex: high >> 32, digits: 8)
        add(byte: UInt8(ascii: "-"))
        add(hex: high >> 16, digits: 4)
        add(byte: UInt8(ascii: "-"))
        add(hex: high, digits: 4)
        add(byte: UInt8(ascii: "-"))
        add(hex: low >> 48, digits: 4)
        add(byte: UInt8(ascii: "-"))
        add(hex: low, digits: 12)
    }

    /// The lowest `digits` hexadecimal digits of `value`.
    @inline(__always)
    private mutating func add(hex value: UInt64, digits: Int) {
        let alphabet: StaticString = "0123456789abcdef"
        for digit in 0..<digits {
            let shift = UInt64(4 * (digits - 1 - digit))
            buffer[count + digit] = alphabet.utf8Start[Int((value >> shift) & 15)]
        }
        count += digits
    }
}
