import Glibc
import Testing

@testable import Server

@Suite("Who may do what")
struct AccessTests {
    private let operators = AccessPolicy.Group(name: "operators", id: 2_000)

    private func right(user: uid_t, group: gid_t = 100, groups: [gid_t] = []) -> AccessRight {
        var policy = AccessPolicy()
        policy.changeGroup = operators
        return policy.right(of: PeerCredentials(user: user, group: group, groups: groups), ownUser: 900)
    }

    @Test("without a group whoever may connect may change")
    func open() {
        #expect(AccessPolicy().right(of: PeerCredentials(user: 1_000, group: 100)) == .change)
    }

    @Test("with a group its members may change, by their first group or another; everybody else may look")
    func group() {
        #expect(right(user: 1_000) == .read)
        #expect(right(user: 1_000, group: 2_000) == .change)
        #expect(right(user: 1_000, groups: [4, 2_000]) == .change)
        #expect(right(user: 1_000, groups: [20_000]) == .read)
    }

    @Test("root and the daemon's own user may always change")
    func trusted() {
        #expect(right(user: 0) == .change)
        #expect(right(user: 900) == .change)
    }

    @Test("the kernel names this process at the other end of a socket pair, with all its groups")
    func credentials() throws {
        var pair: [CInt] = [0, 0]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &pair) == 0)
        defer { pair.forEach { close($0) } }
        let peer = try #require(PeerCredentials(ofSocket: pair[0]))
        var groups = [gid_t](repeating: 0, count: Int(getgroups(0, nil)))
        getgroups(CInt(groups.count), &groups)
        #expect(peer == PeerCredentials(user: getuid(), group: getgid(), groups: groups))
    }

    private let file = """
        # NAME RIGHT TOKEN
        ann   change  0123456789abcdef0123456789abcdef

        dash\tread\tfedcba9876543210fedcba9876543210
        """

    @Test("a token says who calls and what that allows")
    func tokens() throws {
        let tokens = try AccessTokens(parsing: file)
        let ann = try #require(tokens.holder(of: "0123456789abcdef0123456789abcdef".utf8))
        #expect(ann.name == "ann" && ann.right == .change)
        #expect(tokens.holder(of: "fedcba9876543210fedcba9876543210".utf8)?.right == .read)
    }

    @Test(
        "what is not a whole token is none",
        arguments: [
            "", "0", "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdef0",
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdeF",
        ])
    func strangers(presented: String) throws {
        #expect(try AccessTokens(parsing: file).holder(of: presented.utf8) == nil)
    }

    @Test(
        "a line that is none is a mistake with its place",
        arguments: [
            ("ann change", 1), ("# x\nann write 0123456789abcdef0123456789abcdef", 2),
            ("ann read short", 1), ("", 1), ("\n# nobody\n", 1),
        ])
    func mistakes(text: String, line: Int) throws {
        do throws(AccessTokens.Mistake) {
            _ = try AccessTokens(parsing: text)
            Issue.record("taken: \(text)")
        } catch {
            #expect(error.line == line)
            #expect(!error.description.contains("0123456789abcdef"), "a secret stands in no message")
        }
    }
}
