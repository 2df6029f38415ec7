public import EventLog
public import Portraits
public import UsageModel

/// Everything the engine is told from outside. Files, clocks and tzdata arrive as functions, so the
/// engine opens nothing but its own state directory.
public struct EngineConfiguration: Sendable {
    /// Holds `log/`; created when missing.
    public var stateDirectory: String
    public var settings: Settings
    public var traitNames = TraitNames()
    public var limits = EngineLimits()
    /// Size of the log's segments, and what stays free on its file system.
    public var log = EventLogOptions()
    public var checkpoints = CheckpointOptions()
    /// The rule file, read anew at every reload.
    public var loadRules: @Sendable () throws -> RulesSource
    /// The TZif file of an IANA zone, or nil when the machine has none of that name.
    public var zoneData: @Sendable (String) -> [UInt8]?
    public var wallClock: @Sendable () -> Timestamp
    /// Milliseconds since some fixed instant, by a clock that nobody sets and that counts sleep.
    public var bootClock: @Sendable () -> Int64
    /// What an operator should read, one sentence a call. Called on the writer's thread.
    public var report: @Sendable (Severity, String) -> Void

    /// Called while the log is replayed at the start, after each block: its last seq, and the log's.
    public var replayed: @Sendable (_ seq: UInt64, _ last: UInt64) -> Void = { _, _ in }
    /// Nil: nobody watches whether the writer lives.
    public var liveness: Liveness?

    /// How the writer shows that it is not stuck, in a commit or elsewhere.
    public struct Liveness: Sendable {
        /// It wakes up as often, also without work.
        public var intervalMilliseconds: Int64
        /// Called on the writer's thread before each turn, unless the same commit is under way as the last time; must not
        /// block.
        public var show: @Sendable () -> Void

        public init(intervalMilliseconds: Int64, show: @escaping @Sendable () -> Void) {
            self.intervalMilliseconds = intervalMilliseconds
            self.show = show
        }
    }

    public enum Severity: Sendable {
        case info
        case warning
        case error
    }

    public init(
        stateDirectory: String, settings: Settings, loadRules: @escaping @Sendable () throws -> RulesSource,
        zoneData: @escaping @Sendable (String) -> [UInt8]?, wallClock: @escaping @Sendable () -> Timestamp,
        bootClock: @escaping @Sendable () -> Int64,
        report: @escaping @Sendable (Severity, String) -> Void
    ) {
        self.stateDirectory = stateDirectory
        self.settings = settings
        self.loadRules = loadRules
        self.zoneData = zoneData
        self.wallClock = wallClock
        self.bootClock = bootClock
        self.report = report
    }
}

/// A rule file's text and the name that diagnostics quote.
public struct RulesSource: Sendable {
    public var fileName: String
    public var text: String

    public init(fileName: String, text: String) {
        self.fileName = fileName
        self.text = text
    }
}

/// Bounds that keep a hostile or broken sender from filling memory; each is named in the refusal.
public struct EngineLimits: Sendable {
    /// Batches of decoded lines in flight between the listeners and the writer. Each holds up to
    /// one receive buffer (256 KiB), so this bounds ingest memory at some tens of MiB.
    public var batches = 64
    /// Lines in those batches when no more are handed out: some 20 ms of work at full load, and what an ack then waits for
    /// besides its commit. By turns, 32,768 → 8,192: acks p50 106 → 41 ms, p99 171 → 72, and as many lines a second. With
    /// 260,000, as 64 full batches are, it was 350 ms.
    public var linesInFlight = 8_192
    /// Records in one block, and so in one commit: some 64 k events under load.
    public var recordsPerBlock = 65_536
    /// An event may lie this far after the wall clock (`clock: wall` only).
    public var maxFutureMilliseconds: Int64 = 10 * 60 * 1_000
    /// Ten times the largest installation that the figures are made for.
    public var companies = 1_000_000
    public var users = 100_000_000
    public var usersPerCompany = 10_000_000
    /// Tasks are names of code paths, not data; more than this means that ids leaked into them.
    public var tasks = 100_000
    public var tasksPerCompany = 10_000
    public var units = 10_000
    public var sources = 10_000
    public var producers = 100_000
    /// Traits of one company or one user.
    public var traits = 256
    /// Refused lines kept for `tenure rejects`, the oldest dropped first.
    public var rejectsKept = 10_000

    public init() {}
}
