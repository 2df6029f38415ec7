import Clients
import Testing

@testable import Server

@Suite("Keys of senders")
struct ClientKeysTests {
    private let keys = {
        var keys = ClientKeys()
        for (key, source) in [("key-of-the-app-00", "app"), ("key-of-billing-00", "billing")] {
            var mapping = SourceMapping()
            mapping.source = source
            keys.add(key: key, mapping: mapping)
        }
        return keys
    }()

    private func source(_ presented: [String], isRemote: Bool) throws -> String? {
        try keys.mapping(presented: presented, isRemote: isRemote)?.source
    }

    @Test("a known key names its source, wherever it comes in; one of several is enough")
    func known() throws {
        for isRemote in [true, false] {
            #expect(try source(["key-of-the-app-00"], isRemote: isRemote) == "app")
            #expect(try source(["user", "key-of-billing-00"], isRemote: isRemote) == "billing")
        }
    }

    @Test(
        "any other key is refused, with words that do not repeat it; over TCP it may still be a token",
        arguments: ["x", "key-of-the-app-0", "key-of-the-app-000", "key-of-the-app-01", "Key-of-the-app-00", ""])
    func unknown(key: String) throws {
        let refusal = #expect(throws: RequestRefusal.self) { try source([key], isRemote: false) }
        #expect(refusal?.code == "unauthorized")
        #expect(key.count < 2 || refusal?.detail.contains(key) == false)
        #expect(try keys.mapping(presented: [key], isRemote: true) == nil)
    }

    @Test("without a key, and where there are none, something else must let a request in")
    func none() throws {
        for isRemote in [true, false] {
            #expect(try keys.mapping(presented: [], isRemote: isRemote) == nil)
            #expect(try ClientKeys().mapping(presented: ["any"], isRemote: isRemote) == nil)
        }
    }

    @Test(
        "the Authorization header as each client writes it",
        arguments: [
            ("Basic c2Vna2V5Og==", ["segkey"]), ("Basic dXNlcjpwdw==", ["user", "pw"]),
            ("basic c2Vna2V5Og==", ["segkey"]),
            ("Bearer phc_key", ["phc_key"]), ("Token tok", ["tok"]), ("Basic !", []), ("Digest x", []), ("Bearer ", []),
            ("", []),
        ])
    func header(text: String, expected: [String]) {
        #expect(AuthorizationHeader.keys(text) == expected)
    }
}
