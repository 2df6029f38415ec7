import Foundation
import Rules
import RulesFile
import TestSupport
import Testing
import UsageModel

@Suite("Fuzz: rule files")
struct RuleFileFuzz {
    private static let words = [
        "flags:\n", "  - name: x\n", "    when: ", "sets: {core: [\"a\"]}\n", "summary: \"{", "{company}", "&a ", "*a",
        "<<: *a\n",
        "!!int ", "|\n", ">\n", "? ", "--- ", "...\n", "owner: ", "cooldown: 28d\n", "inhibits: [", "kind: churn\n",
        "severity: high\n", "value: 1\n", "\u{FEFF}", "\u{E0F0}", "\u{85}", "scores:\n", "stages:\n", "segments:\n",
        "# ",
    ].map { Array($0.utf8) }

    /// No file, whatever it says, may take longer: a reload is answered by the writer. The default set takes some
    /// milliseconds; the rest is for a busy machine and a debug build.
    private static let longest = Duration.seconds(5)
    /// Nor may reading it take more memory. Looked at where no other test runs in the process.
    private static let mostBytes = 1 << 30

    @Test("a rule file is taken or refused with places inside it, in bounded time and memory")
    func rulefiles() throws {
        let signs = Array("{}[]\"':,#&*!|>%@`-?\n\t \\x1(0)".utf8) + [0xC3, 0xFF, 0]
        let corpus = try Mutator.files("rulefiles")
        let mutator = Mutator(
            corpus: corpus + [Array(RulesFile.defaultText.utf8)], signs: signs, words: Self.words)
        var input: [UInt8] = []
        let run = FuzzRun("rulefiles", count: 100)
        run() { random in
            mutator.next(&random, into: &input)
            let text = String(decoding: input, as: UTF8.self)
            let names = NameTable()
            let start = ContinuousClock.now
            var fault: String?
            do throws(RulesFileError) {
                _ = try RulesFile.parse(text: text, fileName: "rules.yaml") { names.intern($0) }
            } catch {
                if error.diagnostics.isEmpty { fault = "refused without a reason" }
                let lineCount = Self.lineCount(text)
                for diagnostic in error.diagnostics
                where !(1...lineCount).contains(diagnostic.position.line) || diagnostic.position.column < 1 {
                    fault = "outside of a file of \(lineCount) lines: \(diagnostic)"
                }
            }
            let taken = ContinuousClock.now - start
            if taken > Self.longest { fault = "it took \(taken)" }
            return fault ?? (run.isLong ? Self.tooMuchMemory() : nil)
        }
    }

    /// Lines as YAML 1.1 counts them, the one behind the last line's end included.
    private static func lineCount(_ text: String) -> Int {
        text.unicodeScalars.count { ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains($0) } + 2
    }

    private static func tooMuchMemory() -> String? {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        let bytes = usage.ru_maxrss << 10
        return bytes > mostBytes ? "the process has taken \(bytes) bytes" : nil
    }
}
