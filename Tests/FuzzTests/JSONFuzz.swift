import TestSupport
import Testing
import UsageModel

@Suite("Fuzz: JSON")
struct JSONFuzz {
    private static let words = [
        "\\u0000", "\\ud83d\\ude00", "\\ud800", "\\udc00", "\\u00e9", "1e400", "1e-400", "-0.0", "1E+308", "1.8e308",
        "{\"a\":", "[[[[", "]]]]", "null", "true", "false", "\u{FEFF}", "\"a\":1,\"a\":2",
        String(repeating: "9", count: 320),
    ].map { Array($0.utf8) }

    @Test("the tree says what the scanner says, and reads back as itself")
    func json() throws {
        let mutator = Mutator(
            corpus: try Mutator.files("json"),
            signs: Array("\"\\{}[]:,0123456789-+.eE tfnu/\n\0".utf8) + [0x80, 0xC3, 0xED, 0xFF],
            words: Self.words)
        let guarded = GuardedBytes()
        var input: [UInt8] = []
        FuzzRun("json", count: 6_000)() { random in
            mutator.next(&random, into: &input)
            let text = guarded.hold(input)
            let depthLimit = random.pick([JSON.defaultDepthLimit, 32, 3, 1])
            let scanned = Self.scan(text, depthLimit: depthLimit)
            do throws(JSONError) {
                let value = try JSON.parse(text, depthLimit: depthLimit)
                if let scanned { return "parsed, but the scanner says: \(scanned)" }
                guard let again = try? JSON(parsing: value.utf8) else { return "what was written does not parse" }
                return again == value ? nil : "what was written reads back as something else"
            } catch {
                guard (0...text.count).contains(error.offset) else { return "an error at byte \(error.offset)" }
                return scanned == error ? nil : "\(error), but the scanner says: \(scanned.map(\.message) ?? "sound")"
            }
        }
    }

    /// What the scanner finds wrong with one value and nothing behind it.
    private static func scan(_ text: UnsafeRawBufferPointer, depthLimit: Int) -> JSONError? {
        do throws(JSONError) {
            var scanner = JSONScanner(text, depthLimit: depthLimit)
            _ = try scanner.skipValue(depth: 0)
            try scanner.expectEnd()
            return nil
        } catch {
            return error
        }
    }
}
