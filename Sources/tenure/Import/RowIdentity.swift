import UsageModel

/// Ids for the rows of a file that have none of their own.
///
/// The same bytes give the same ids, so an import that broke off can simply be run again: what was
/// taken is a duplicate, also when other rows were refused the first time and are taken now. The id is
/// a UUID (RFC 9562, version 8) made from the hash of the whole file and the row's number, which the
/// log keeps in 16 bytes.
struct RowIdentity: Sendable {
    private let content: Hash128

    init(content: Hash128) { self.content = content }

    /// `row` counts the file's events from 1.
    func id(ofRow row: Int) -> String {
        let words = [content.low, content.high, UInt64(row)]
        let hash = words.withUnsafeBytes { Hash128(of: $0) }
        let high = hash.high & ~0xF000 | 0x8000
        let low = hash.low & ~(0xC0 << 56) | (0x80 << 56)
        return Self.text(high: high, low: low)
    }

    /// A UUID as people write it.
    static func text(high: UInt64, low: UInt64) -> String {
        let text = Array(hex(high) + hex(low))
        let groups = [text[0..<8], text[8..<12], text[12..<16], text[16..<20], text[20..<32]]
        return groups.map { String($0) }.joined(separator: "-")
    }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
