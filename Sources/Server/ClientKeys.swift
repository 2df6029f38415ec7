public import Clients
import HTTPTypes

/// The keys by which senders are known, each with what it says about its sender's events.
///
/// Only the paths that take events ask for them. A key is never written anywhere: not to the log, not into an
/// error, not into the list of refused lines.
public struct ClientKeys: Sendable {
    private struct Entry {
        var key: [UInt8]
        var mapping: SourceMapping
    }

    private var entries: [Entry] = []

    /// Shorter ones are guessed.
    public static let leastKeyBytes = 16
    /// Longer ones are no keys but files that were named by mistake.
    public static let greatestKeyBytes = 256

    public init() {}

    public var isEmpty: Bool { entries.isEmpty }

    public mutating func add(key: String, mapping: SourceMapping) {
        entries.append(Entry(key: Array(key.utf8), mapping: mapping))
    }

    /// What the key of a request says; nil where it shows none that is known and something else must let it in.
    ///
    /// - Parameters:
    ///   - presented: what stands where keys stand: in the header, in the body. One that is known is enough.
    ///   - isRemote: it came over TCP, where what is no key may be a token. On a Unix socket a wrong key is refused
    ///     as soon as there are any, since events would else come in under no name.
    func mapping(presented: [String], isRemote: Bool) throws(RequestRefusal) -> SourceMapping? {
        for key in presented {
            if let mapping = mapping(of: key) { return mapping }
        }
        if isEmpty || isRemote || presented.isEmpty { return nil }
        throw RequestRefusal(
            status: .unauthorized, code: RequestRefusal.unauthorized.code,
            detail: "the key is not one of those that the daemon knows (sources.NAME.key_file)")
    }

    /// Compares with every key and with every byte, so that the time taken tells nothing about any of them.
    private func mapping(of presented: String) -> SourceMapping? {
        let presented = Array(presented.utf8.prefix(Self.greatestKeyBytes + 1))
        var found: SourceMapping?
        for entry in entries where ConstantTime.isEqual(presented, to: entry.key) { found = entry.mapping }
        return found
    }
}
