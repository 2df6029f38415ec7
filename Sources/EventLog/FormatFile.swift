import UsageModel

/// The file `format`: which format the directory has, and which log it is. Text, so that anybody can
/// look; written once.
struct FormatFile: Equatable {
    /// The newest format that this program reads and the one that it writes.
    static let version: UInt32 = 1
    static let name = "format"
    /// More than any version of this file needs.
    private static let greatestByteCount = 4_096

    var logID: Hash128

    var text: String { "tenure-log \(Self.version)\nid \(logID)\n" }

    /// Nil when there is no such file.
    static func read(directory: String) throws(EventLogError) -> FormatFile? {
        guard let bytes = try SystemCall.readFile(directory + "/" + name, limit: greatestByteCount) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let first = lines.first?.split(separator: " ", omittingEmptySubsequences: false) ?? []
        guard first.count == 2, first[0] == "tenure-log", let version = UInt32(first[1]) else {
            throw corrupt("this is no format file of a Tenure log")
        }
        guard version <= Self.version else {
            throw .newerFormat(place: name, found: version, supported: Self.version)
        }
        guard lines.count == 3, lines[1].hasPrefix("id "), let id = Hash128(hexadecimal: lines[1].dropFirst(3)) else {
            throw corrupt("the log's id is not readable")
        }
        let file = FormatFile(logID: id)
        guard Array(file.text.utf8) == bytes else { throw corrupt("there is more in it than belongs there") }
        return file
    }

    /// A new log's id: random, so that a segment of another log is recognised.
    static func create(directory: String) throws(EventLogError) -> FormatFile {
        let file = FormatFile(logID: Hash128(low: .random(in: .min ... .max), high: .random(in: .min ... .max)))
        try SystemCall.replaceFile(directory + "/" + name, with: Array(file.text.utf8))
        return file
    }

    private static func corrupt(_ detail: String) -> EventLogError {
        .corrupt(Corruption(place: name, detail: detail, remedy: Remedy.restoreFormat))
    }
}

extension Hash128 {
    /// Reads what `description` writes.
    init?(hexadecimal text: some StringProtocol) {
        guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(low: low, high: high)
        guard description == text else { return nil }
    }
}
