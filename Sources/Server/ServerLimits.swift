/// Bounds of the listeners. Each is a setting of the same name in snake case, and whoever meets one
/// is told which it was.
public struct ServerLimits: Sendable, Equatable {
    /// Open connections to all ingest listeners together. A sender keeps one open, so this is the
    /// number of sending processes; each costs a file descriptor and some kilobytes.
    public var ingestConnections = 1_024
    /// Open connections to all HTTP listeners together. Each has at most one question waiting for the
    /// writer, so this also bounds the writer's queue of questions.
    public var httpConnections = 256
    /// Replies kept for one ingest connection whose client does not read: some 30,000 errors.
    public var repliesKeptBytes = 4 << 20
    /// The same for all connections together.
    public var repliesKeptInAllBytes = 64 << 20
    /// One body of lines, unpacked. It is decoded as it arrives, so this bounds time, not memory.
    public var bodyBytes = 64 << 20
    /// One body of events in JSON, unpacked: twice what the most generous client (RudderStack's) sends.
    public var jsonBodyBytes = 8 << 20
    /// All such bodies together, since each is read whole before its first event is taken.
    public var jsonBodiesInAllBytes = 64 << 20
    /// One body of any other request: a note, a name, a time.
    public var smallBodyBytes = 64 << 10
    /// A subscriber that takes nothing for so long is dropped.
    public var subscriberStallSeconds = 30
    /// How long a stop waits for senders to be told what was taken.
    public var drainSeconds = 5

    public init() {}
}

extension ServerLimits {
    /// What connections must leave to everything else: the log's segments and their lock files, which are
    /// opened as they are needed, event loops, listeners, and connections on their way to a refusal. An open
    /// that fails for want of a descriptor would end the daemon in the middle of a commit.
    public static let reservedFiles = 64

    /// Lowers the limits of connections to what `openFiles` descriptors allow, a quarter of it for HTTP.
    /// True when that changed them.
    public mutating func fit(openFiles: Int) -> Bool {
        let before = self
        let available = max(openFiles - Self.reservedFiles, 2)
        httpConnections = min(httpConnections, max(available / 4, 1))
        ingestConnections = min(ingestConnections, available - httpConnections)
        return self != before
    }
}

/// What a single read takes from a socket: STYLE.md's fixed 256 KiB, one read's worth of a Unix
/// socket whose sender is ahead of us.
let receiveBufferBytes = 256 << 10

/// How many lines go into one batch before the next is begun: bounds a batch's rows at about a
/// megabyte, whatever the length of its lines.
let linesPerBatch = 4_096
