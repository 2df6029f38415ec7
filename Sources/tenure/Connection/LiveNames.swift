import ArgumentParser
import UsageModel

/// Names that the running daemon knows, for completion in a shell. Silent when there is none: a shell's prompt is no
/// place for errors.
enum LiveNames {
    static let companies = CompletionKind.custom { words, _, prefix in
        names(RequestTarget("v1", "companies"), list: "companies", member: "company", words, prefix)
    }

    /// Open ones.
    static let flags = CompletionKind.custom { words, _, prefix in
        names(RequestTarget("v1", "flags"), list: "flags", member: "id", words, prefix)
    }

    static let rules = CompletionKind.custom { words, _, prefix in
        names(RequestTarget("v1", "rules"), list: "rules", member: "name", isPaged: false, words, prefix)
    }

    /// A person who waits for a list of more types another letter instead.
    private static let mostNames = 5_000
    private static let timeoutSeconds = 2

    private static func names(
        _ target: RequestTarget, list: String, member: String, isPaged: Bool = true, _ words: [String],
        _ prefix: String
    ) -> [String] {
        do {
            let address = try SocketAddress.find(option: socket(in: words), environment: environment(_:))
            let connection = try HTTPConnection(address: address)
            connection.timeoutSeconds = timeoutSeconds
            let elements =
                isPaged
                ? try connection.list(target, named: list, limit: mostNames).elements
                : try connection.get(target)[list]?.arrayValue ?? []
            return elements.compactMap { $0[member]?.stringValue }.filter { $0.hasPrefix(prefix) }
        } catch {
            return []
        }
    }

    /// What the command line being typed says about the socket.
    private static func socket(in words: [String]) -> String? {
        for (index, word) in words.enumerated() {
            if word == "--socket", index + 1 < words.count { return words[index + 1] }
            if word.hasPrefix("--socket=") { return String(word.dropFirst("--socket=".count)) }
        }
        return nil
    }
}
