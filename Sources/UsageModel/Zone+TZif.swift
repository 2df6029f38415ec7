/// Reading TZif files (RFC 9636).
extension Zone {
    /// Reads the bytes of a TZif file of version 1 to 4.
    ///
    /// Of version 2 and later only the 64-bit block and the footer count, as the RFC demands. Throws
    /// what is wrong with the file; O(size of the file).
    public init(name: String, tzif bytes: [UInt8]) throws(ZoneError) {
        var reader = TZifReader(bytes)
        let first = try reader.header()
        if first.version == 1 {
            let block = try reader.block(first, timeSize: 4)
            try self.init(name: name, block: block, footer: nil)
            return
        }
        try reader.skip(first.blockSize(timeSize: 4))
        let second = try reader.header()
        let block = try reader.block(second, timeSize: 8)
        try self.init(name: name, block: block, footer: try reader.footer())
    }

    private init(name: String, block: TZifBlock, footer: String?) throws(ZoneError) {
        // Before the first transition the first type holds.
        var starts: [Int64] = [.min]
        var offsets: [Int64] = [block.offsets[0] * millisecondsPerSecond]
        for (time, type) in zip(block.times, block.types) {
            // Files put transitions at the big bang (−2^59) and the like: nothing lies before them here.
            let bounded = max(time, Timestamp.least.milliseconds / millisecondsPerSecond - TZifBlock.secondsPerYear)
            guard bounded * millisecondsPerSecond > starts.last! else {
                offsets[offsets.count - 1] = block.offsets[type] * millisecondsPerSecond
                continue
            }
            starts.append(bounded * millisecondsPerSecond)
            offsets.append(block.offsets[type] * millisecondsPerSecond)
        }
        guard let footer, !footer.isEmpty else {
            self.init(name: name, starts: starts, offsets: offsets, foldFrom: nil)
            return
        }
        guard let rule = PosixRule(footer) else { throw .badFooter(footer) }
        guard rule.daylight != nil else {
            if starts.count == 1 { offsets[0] = rule.standardOffset * millisecondsPerSecond }
            self.init(name: name, starts: starts, offsets: offsets, foldFrom: nil)
            return
        }
        if starts.count == 1 {
            // Without a transition the rule holds for all time: begin the cycle before year 1.
            starts.append(Timestamp.least.milliseconds - 366 * millisecondsPerDay)
            offsets.append(rule.standardOffset * millisecondsPerSecond)
        }
        let last = starts[starts.count - 1]
        let lastYear = CivilDate(Timestamp(milliseconds: last).utcDay).year
        // The year after the last transition's is the first that is the rule's alone.
        let foldFrom = Day(CivilDate(year: lastYear + 402, month: 1, day: 1)).startUTC.milliseconds
        for change in rule.changes(inYears: lastYear...(lastYear + 402)) {
            let start = change.time * millisecondsPerSecond
            guard start > last, start < foldFrom else { continue }
            if start == starts[starts.count - 1] {
                // Daylight saving that ends as it begins again does not end.
                starts.removeLast()
                offsets.removeLast()
            }
            let offset = change.offset * millisecondsPerSecond
            if offset == offsets[offsets.count - 1] { continue }
            starts.append(start)
            offsets.append(offset)
        }
        self.init(name: name, starts: starts, offsets: offsets, foldFrom: foldFrom)
    }
}

/// What one data block of a file says, in seconds.
private struct TZifBlock {
    var times: [Int64] = []
    var types: [Int] = []
    /// Seconds east of UTC, by type.
    var offsets: [Int64] = []

    static let secondsPerYear: Int64 = 366 * 86_400
    static let greatestTime = Timestamp.greatest.milliseconds / millisecondsPerSecond + secondsPerYear
}

private struct TZifHeader {
    var version: Int
    var isUTCount = 0
    var isStandardCount = 0
    var leapCount = 0
    var timeCount = 0
    var typeCount = 0
    var characterCount = 0

    func blockSize(timeSize: Int) -> Int {
        timeCount * timeSize + timeCount + typeCount * 6 + characterCount + leapCount * (timeSize + 4)
            + isStandardCount + isUTCount
    }
}

private struct TZifReader {
    let bytes: [UInt8]
    var index = 0

    /// Real files stay below 2,000 of anything; this keeps sums of a forged header's counts in range.
    private static let countLimit = 1 << 20

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func skip(_ count: Int) throws(ZoneError) {
        guard count <= bytes.count - index else { throw .truncated }
        index += count
    }

    private mutating func byte() throws(ZoneError) -> UInt8 {
        guard index < bytes.count else { throw .truncated }
        index += 1
        return bytes[index - 1]
    }

    private mutating func integer(size: Int) throws(ZoneError) -> Int64 {
        guard size <= bytes.count - index else { throw .truncated }
        // The first byte carries the sign.
        var value = Int64(Int8(bitPattern: bytes[index]))
        for offset in 1..<size { value = value << 8 | Int64(bytes[index + offset]) }
        index += size
        return value
    }

    private mutating func count() throws(ZoneError) -> Int {
        let value = Int(try integer(size: 4))
        guard (0...Self.countLimit).contains(value) else { throw .malformed("a count of \(value)") }
        return value
    }

    mutating func header() throws(ZoneError) -> TZifHeader {
        guard bytes.count - index >= 44 else { throw index == 0 ? .notTZif : .truncated }
        guard bytes[index..<index + 4].elementsEqual("TZif".utf8) else { throw .notTZif }
        index += 4
        let version = try byte()
        guard version == 0 || (UInt8(ascii: "2")...UInt8(ascii: "9")).contains(version) else { throw .notTZif }
        index += 15
        var header = TZifHeader(version: version == 0 ? 1 : Int(version - UInt8(ascii: "0")))
        header.isUTCount = try count()
        header.isStandardCount = try count()
        header.leapCount = try count()
        header.timeCount = try count()
        header.typeCount = try count()
        header.characterCount = try count()
        return header
    }

    mutating func block(_ header: TZifHeader, timeSize: Int) throws(ZoneError) -> TZifBlock {
        guard header.typeCount > 0 else { throw .malformed("no local time type") }
        guard header.leapCount == 0 else { throw .leapSeconds }
        var block = TZifBlock()
        var last: Int64?
        for _ in 0..<header.timeCount {
            let time = try integer(size: timeSize)
            if let last, time <= last { throw .malformed("transitions out of order") }
            last = time
            // Behind year 9999 nothing is ever asked, and milliseconds and days would overflow.
            block.times.append(min(max(time, -1 << 52), TZifBlock.greatestTime))
        }
        for _ in 0..<header.timeCount {
            let type = Int(try byte())
            guard type < header.typeCount else {
                throw .malformed("a transition to type \(type) of \(header.typeCount)")
            }
            block.types.append(type)
        }
        for _ in 0..<header.typeCount {
            let offset = try integer(size: 4)
            guard Zone.offsetBounds.contains(offset) else { throw .malformed("an offset of \(offset) s") }
            block.offsets.append(offset)
            try skip(2)
        }
        try skip(header.characterCount + header.isStandardCount + header.isUTCount)
        return block
    }

    /// The text between the two newlines behind the second block.
    mutating func footer() throws(ZoneError) -> String {
        guard try byte() == UInt8(ascii: "\n") else { throw .malformed("no footer") }
        guard let end = bytes[index...].firstIndex(of: UInt8(ascii: "\n")) else { throw .truncated }
        return String(decoding: bytes[index..<end], as: UTF8.self)
    }
}
