import Foundation
import TestSupport
import Testing

@testable import Rules

@Suite("The manual of rules")
struct ManualTests {
    @Test("tenure-rules(5) names every word that expressions may use")
    func words() throws {
        let page = try String(
            contentsOf: Repository.root.appending(path: "scripts/packaging/man/tenure-rules.5"), encoding: .utf8)
        let written = Set(page.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
        let missing = Vocabulary.words.filter { !["true", "false"].contains($0) && !written.contains($0) }
        #expect(missing.isEmpty)
    }
}
