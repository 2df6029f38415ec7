/// Makes hostile rule files out of good and bad ones: bytes flipped, lines and pieces moved, doubled and
/// cut, numbers blown up, brackets nested, words of the language thrown in. The same seed makes the same files.
struct RuleFileMutator {
    /// UTF-8 of files to start from.
    let sources: [[UInt8]]
    private var state: UInt64

    init(sources: [String], seed: UInt64) {
        self.sources = sources.map { Array($0.utf8) }
        state = seed
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    private mutating func below(_ bound: Int) -> Int { bound > 0 ? Int(next() % UInt64(bound)) : 0 }

    private static let pieces = [
        "\0", "\t", "\r\n", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{E0F0}", "é", "日本", "\u{1F600}", "\\", "\"", "'", "{",
        "}",
        "[", "]", "(", ")", ",", ":", ": ", "- ", "? ", "# ", "&a ", "*a", "<<: *a", "!!str ", "!t ", "|", ">-", "|+2",
        "%YAML 1.1",
        "---", "...", "~", "null", "true", "@core", "not ", " and ", " or ", " in [", "in []", "not in [", "1e308",
        "1e-308",
        "9999999999999999999999", "0x10", ".5", "5.", "7d", "36h", "0d", "3650d", "99999d", "-7d", "400d", "128d",
        "lifetime",
        "ago: 1d", "ago: 399d", "events(", "events(\"@core\", 7d)", "active_users(28d, ago: 1d)", "min(1, ", "max(",
        "abs(",
        "change(events(7d))", "is_known(", "at_raise(", "flag(\"idle\")", "score(\"health\")", "segment(\"s\")",
        "stage",
        "stage == \"lead\"", "champion", "trait(\"x\")", "days_until(\"renewal\")", "idle_days", "last_activity",
        " / 0", " * ",
        " + ", "%", "&&", "==", "=", "!", "{company}", "{{", "}}", "{idle_days:9}", "flags:", "sets:", "scores:",
        "stages:",
        "segments:", "name: ", "when: ", "clear: ", "kind: churn", "severity: low", "inhibits: [idle]", "components:",
        "weight: ",
    ].map { Array($0.utf8) }

    /// The next file; at most `byteLimit` bytes.
    mutating func file(byteLimit: Int = 20_000) -> String {
        var bytes = sources[below(sources.count)]
        // Small files are quick to read; most mistakes need no more than a rule or two.
        if bytes.count > 4_000 || below(3) == 0, bytes.count > 600, below(8) > 0 {
            let start = below(bytes.count - 500)
            bytes = Array(bytes[start..<min(bytes.count, start + 100 + below(900))])
        }
        // One change often leaves a file that is taken, and so evaluated.
        for _ in 0...(below(2) == 0 ? 0 : below(8)) { mutate(&bytes) }
        return String(decoding: bytes.prefix(byteLimit), as: UTF8.self)
    }

    private mutating func range(of bytes: [UInt8], longest: Int = 80) -> Range<Int> {
        let start = below(bytes.count + 1)
        return start..<min(bytes.count, start + below(longest))
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        let place = below(bytes.count + 1)
        switch below(10) {
        case 0: if place < bytes.count { bytes[place] ^= UInt8(1 << below(8)) }
        case 1: if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: next()) }
        case 2: bytes.removeSubrange(range(of: bytes))
        case 3: bytes.insert(contentsOf: bytes[range(of: bytes)], at: place)
        case 4, 5, 6: bytes.insert(contentsOf: Self.pieces[below(Self.pieces.count)], at: place)
        case 7:
            // A piece over and over: nesting, long chains, long words.
            let piece = Self.pieces[below(Self.pieces.count)]
            let count = 1 + below(below(8) == 0 ? 3_000 : 120)
            bytes.insert(contentsOf: repeatElement(piece, count: count).joined(), at: place)
        case 8:
            let other = sources[below(sources.count)]
            bytes.insert(contentsOf: other[range(of: other, longest: 400)], at: place)
        default:
            let indentation = [UInt8](repeating: UInt8(ascii: " "), count: below(9))
            bytes.insert(contentsOf: [UInt8(ascii: "\n")] + indentation, at: place)
        }
    }
}
