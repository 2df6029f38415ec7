import TestSupport
import Foundation
import Rules
import RulesFile
import Testing
import UsageModel

/// `NAME.good.yaml` parses; `NAME.bad.yaml` is refused with exactly the lines of `NAME.bad.txt`;
/// warnings of a good file stand in `NAME.good.txt`. `WRITE_GOLDEN=1` rewrites the texts.
@Suite("Rule files side by side with what is said about them")
struct FixtureTests {
    static func names(_ suffix: String) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: Repository.fixtures.path)) ?? []
        return all.filter { $0.hasSuffix(suffix) }.sorted()
    }

    @Test("there are good and bad files")
    func fixturesAreThere() {
        #expect(Self.names(".good.yaml").count >= 3)
        #expect(Self.names(".bad.yaml").count >= 6)
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOf: Repository.fixtures.appending(path: name), encoding: .utf8)
    }

    private func compare(_ said: String, with golden: String) throws {
        let url = Repository.fixtures.appending(path: golden)
        if Repository.writesGolden { try said.write(to: url, atomically: true, encoding: .utf8) }
        let written = try text(golden)
        #expect(said == written)
    }

    @Test("a good file is taken, with its warnings", arguments: names(".good.yaml"))
    func good(name: String) throws {
        let names = NameTable()
        let rules = try RulesFile.parse(text: text(name), fileName: "rules.yaml") { names.intern($0) }
        let said = rules.warnings.map { $0.report + "\n" }.joined()
        try compare(said, with: name.replacing(".yaml", with: ".txt"))
    }

    @Test("a bad file is refused with every mistake, its place and the fix", arguments: names(".bad.yaml"))
    func bad(name: String) throws {
        let names = NameTable()
        let content = try text(name)
        do {
            _ = try RulesFile.parse(text: content, fileName: "rules.yaml") { names.intern($0) }
            Issue.record("accepted: \(name)")
        } catch {
            try compare("\(error)\n", with: name.replacing(".yaml", with: ".txt"))
        }
    }
}
