import Clients
import Server
import TestSupport
import Testing

@testable import tenured

@Suite("Files of keys")
struct KeyFilesTests {
    private func source(_ name: String, _ file: String) -> SourceKeys {
        var source = SourceKeys(name: name)
        source.keyFile = file
        source.line = 3
        return source
    }

    /// The mistakes in reading `files`, each the key file of the source of the same name.
    private func mistakes(_ files: [(name: String, text: String)]) -> [String] {
        let directory = TemporaryDirectory()
        for (name, text) in files { TestFile.write("\(directory.path)/\(name)", Array(text.utf8)) }
        let keyFiles = KeyFiles(credentialsDirectory: nil, configurationFile: directory.path + "/tenured.yaml")
        do {
            let keys = try keyFiles.keys(of: files.map { source($0.name, $0.name) })
            return keys.isEmpty ? ["no keys"] : []
        } catch {
            return error.mistakes.map { $0.description.replacing(directory.path + "/", with: "") }
        }
    }

    @Test("one key a line, with comments and empty lines, and the old one beside the new")
    func several() {
        #expect(mistakes([("app", "# new\n0123456789abcdef\n\n0123456789abcdeg\r\n")]).isEmpty)
    }

    @Test(
        "a key that is none is refused by its place and never repeated",
        arguments: [
            ("", "app:1: holds no key"), ("# only this\n", "app:1: holds no key"),
            (
                "short-secret",
                "app:1: a key of fewer than 16 characters can be guessed; `openssl rand -hex 20` makes a good one"
            ),
            (
                "\n0123456789 abcdef",
                "app:2: a key is printable ASCII without blanks and colons, which Basic cannot carry"
            ),
            (String(repeating: "k", count: 257), "app:1: a key has at most 256 characters"),
        ])
    func bad(text: String, mistake: String) {
        #expect(mistakes([("app", text)]) == [mistake])
    }

    @Test("one key cannot be two sources'; every mistake is reported")
    func shared() {
        #expect(
            mistakes([("a", "0123456789abcdef"), ("b", "0123456789abcdef"), ("c", "")]) == [
                "tenured.yaml:3: a key of sources.a is one of sources.b too", "c:1: holds no key",
            ])
    }

    @Test("a relative name is looked for among systemd's credentials first")
    func credentials() throws {
        let (credentials, beside) = (TemporaryDirectory(), TemporaryDirectory())
        TestFile.write(credentials.path + "/app", Array("0123456789abcdef".utf8))
        TestFile.write(beside.path + "/app", Array("short".utf8))
        let files = KeyFiles(credentialsDirectory: credentials.path, configurationFile: beside.path + "/tenured.yaml")
        #expect(try !files.keys(of: [source("app", "app")]).isEmpty)
    }

    @Test("a file that is not there is named")
    func missing() {
        let files = KeyFiles(credentialsDirectory: nil, configurationFile: "/etc/tenured/tenured.yaml")
        let error = #expect(throws: ConfigurationError.self) {
            try files.keys(of: [source("app", "/nowhere/app.key")])
        }
        #expect(error?.description == "/nowhere/app.key: does not exist")
    }
}
