import Engine
import Hummingbird
import NIOCore

/// What a route knows of its request: besides Hummingbird's part, the channel it came in on, for
/// the peer's credentials.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// Who asks, once a guard has found out.
    var caller: Caller?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Who asks: whom a guard let through, else as the kernel says.
    func peer() async throws -> Peer {
        if let caller { return caller.peer }
        return try await Peer.of(channel).get()
    }

    /// The path's part `name`, percent-decoded, so that any name of the log can stand there.
    func part(_ name: String) throws(RequestRefusal) -> String {
        guard let raw = coreContext.parameters.get(name), let text = PercentDecoding.decode(raw), !text.isEmpty else {
            throw .badRequest("the path's {\(name)} is not percent-encoded UTF-8")
        }
        return text
    }
}

extension Peer {
    /// With the source that the key of its request names: what `tenure rejects` tells as sender.
    func named(_ source: String?) -> Peer { source.map { Peer(name: "\($0) at \(name)") } ?? self }
}
