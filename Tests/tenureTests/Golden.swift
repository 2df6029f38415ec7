import Foundation
import Testing
import UsageModel

/// Files beside the tests that hold inputs and expected outputs.
///
/// `TENURE_REWRITE_GOLDEN=1 swift test` writes the expected outputs anew, to be read in the diff.
enum Golden {
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures")

    /// A fixture as JSON.
    static func json(_ name: String) throws -> JSON {
        try JSON(parsing: String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8))
    }

    /// Expects that `text` is what the file says.
    static func expect(_ text: String, equals name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let file = directory.appendingPathComponent(name)
        if ProcessInfo.processInfo.environment["TENURE_REWRITE_GOLDEN"] != nil {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let expected = try String(contentsOf: file, encoding: .utf8)
        #expect(text == expected, "differs from Fixtures/\(name)", sourceLocation: sourceLocation)
    }
}
