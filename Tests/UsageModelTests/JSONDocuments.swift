import TestSupport
import UsageModel

/// Random JSON documents as text, and ways to spoil them. The same seed gives the same documents.
struct JSONDocuments {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func document() -> [UInt8] {
        var text: [UInt8] = []
        write(depth: 0, to: &text)
        return text
    }

    /// A document with a few bytes changed, which may or may not leave it valid.
    mutating func spoiltDocument() -> [UInt8] {
        var text = document()
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0...text.count, using: &random)
            let byte = Self.telling.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<4, using: &random) {
            case 0: text.insert(byte, at: place)
            case 1 where place < text.count: text[place] = byte
            case 2 where place < text.count: text.remove(at: place)
            default:
                text.insert(contentsOf: text[place...].prefix(5), at: Int.random(in: 0...text.count, using: &random))
            }
        }
        return text
    }

    private static let telling =
        Array("\"\\{}[]:,0123456789-+.eEtrufalsn \t\n\r/bdD89aA'".utf8) + [
            0x01, 0x1F, 0x7F, 0x80, 0xC3, 0xED, 0xF4, 0xFF,
        ]
    private static let numbers = [
        "0", "-0", "1", "-1", "10", "1.5", "-0.25", "1e3", "1E-3", "2.5e+10", "9007199254740993",
        "18446744073709551615",
        "123456789012345678901234567890", "1e308", "0.1", "1e-7",
    ]
    private static let strings = [
        "", "a", "key", "é", "日本", "😀", "\\n", "\\u00e9", "\\ud83d\\ude00", "\\\\", "\\\"", "\\/", "\\u0000",
        "\\b\\f\\r\\t",
        "a longer string with spaces and more than eight bytes", "\\uD7FF", "\\uE000",
    ]

    private mutating func write(depth: Int, to text: inout [UInt8]) {
        blank(&text)
        switch Int.random(in: 0..<(depth > 4 ? 5 : 8), using: &random) {
        case 0: text += Array("null".utf8)
        case 1: text += Array("true".utf8)
        case 2: text += Array("false".utf8)
        case 3: text += Array((Self.numbers.randomElement(using: &random) ?? "0").utf8)
        case 4: string(&text)
        case 5:
            text.append(UInt8(ascii: "["))
            for index in 0..<Int.random(in: 0...4, using: &random) {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                write(depth: depth + 1, to: &text)
            }
            text.append(UInt8(ascii: "]"))
        default:
            text.append(UInt8(ascii: "{"))
            for index in 0..<Int.random(in: 0...5, using: &random) {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                blank(&text)
                string(&text)
                blank(&text)
                text.append(UInt8(ascii: ":"))
                write(depth: depth + 1, to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
        blank(&text)
    }

    private mutating func string(_ text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            text += Array((Self.strings.randomElement(using: &random) ?? "").utf8)
        }
        text.append(UInt8(ascii: "\""))
    }

    private mutating func blank(_ text: inout [UInt8]) {
        guard Int.random(in: 0..<8, using: &random) == 0 else { return }
        text.append(Array(" \t\n\r".utf8).randomElement(using: &random) ?? 0x20)
    }
}
