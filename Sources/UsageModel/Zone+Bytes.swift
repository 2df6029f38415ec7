/// A zone as bytes of a checkpoint: its table, so that reading it back parses no file.
extension Zone {
    public func write(to out: ByteBuffer) {
        out.append(name)
        out.append(UInt32(starts.count))
        for start in starts { out.append(start) }
        for offset in offsets { out.append(offset) }
        out.append(foldFrom != nil)
        out.append(foldFrom ?? 0)
    }

    public init(_ reader: inout ByteReader) throws(DamagedBytes) {
        let name = try reader.text()
        let count = try reader.count()
        var starts: [Int64] = []
        for _ in 0..<count { starts.append(try reader.number()) }
        var offsets: [Int64] = []
        for _ in 0..<count { offsets.append(try reader.number()) }
        let isFolding = try reader.flag()
        let foldFrom = try reader.number(Int64.self)
        guard starts.first == .min else { throw DamagedBytes("a zone that does not begin before all time") }
        self.init(name: name, starts: starts, offsets: offsets, foldFrom: isFolding ? foldFrom : nil)
    }
}
