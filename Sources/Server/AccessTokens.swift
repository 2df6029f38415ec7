/// The tokens that open the TCP listener of the HTTP API, each with a name for the flags' history.
public struct AccessTokens: Sendable {
    /// A line of the file that cannot be used.
    public struct Mistake: Error, Equatable, CustomStringConvertible {
        /// From 1.
        public var line: Int
        public var description: String
    }

    private struct Entry {
        var name: String
        var right: AccessRight
        var token: [UInt8]
    }

    private var entries: [Entry] = []

    /// 128 bits in base64 have 22 characters; anything shorter can be guessed.
    public static let leastTokenLength = 22

    /// None: nobody comes in.
    public init() {}

    public var isEmpty: Bool { entries.isEmpty }

    /// Reads a file of tokens: `NAME read|change TOKEN` a line; empty lines and those that begin with `#` are skipped.
    public init(parsing text: String) throws(Mistake) {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            let line = index + 1
            guard words.count == 3, let right = AccessRight(rawValue: String(words[1])) else {
                throw Mistake(
                    line: line, description: "expected a name, read or change, and a token, such as `ann change 5f0c…`")
            }
            guard words[2].utf8.count >= Self.leastTokenLength else {
                throw Mistake(
                    line: line,
                    description: "the token of \"\(first)\" is shorter than \(Self.leastTokenLength) characters; "
                        + "make one with `openssl rand -hex 32`")
            }
            entries.append(Entry(name: String(first), right: right, token: Array(words[2].utf8)))
        }
        guard !entries.isEmpty else {
            throw Mistake(line: 1, description: "there is no token; expected lines such as `ann change 5f0c…`")
        }
    }

    /// Whose token `presented` is, and what it allows. Takes the same time whichever token it is or is not, and
    /// however many of its characters are right.
    func holder(of presented: some Sequence<UInt8>) -> (name: String, right: AccessRight)? {
        let presented = Array(presented)
        var holder: Entry?
        for entry in entries where ConstantTime.isEqual(presented, to: entry.token) { holder = entry }
        return holder.map { ($0.name, $0.right) }
    }
}
