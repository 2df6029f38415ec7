import Engine
import EventLog
import Glibc
import Logging
import Portraits
import RulesFile
import Server
import ServiceLifecycle
import UnixSignals
import UsageModel

/// The daemon put together: engine, listeners, signals.
struct Daemon {
    static let version = "0.1.0"

    let setup: Setup
    let supervisor: Supervisor
    let logger: Logger

    private var configuration: Configuration { setup.configuration }
    private var places: Places { setup.places }

    /// How long a stop may take before what is left is cut off; systemd's default patience is 90 s.
    private static let stopPatience = Duration.seconds(30)

    /// Runs until SIGTERM or SIGINT, or until the engine cannot go on.
    ///
    /// - Parameter inherited: what the service manager passed on.
    func run(inherited: [InheritedSocket]) async throws {
        let openFiles = Self.prepareProcess()
        let listeners = try Listeners(configuration, places, inherited: inherited)
        if listeners.needsRunDirectory { try makeRunDirectory() }
        let senders = ingestConfiguration(openFiles: openFiles)
        let engine = try Engine.open(engineConfiguration)
        let announcement = Announcement(heading: heading, expected: listeners.all.count) { [supervisor] sockets in
            supervisor.isReady("ready, listening at \(sockets.joined(separator: ", "))")
        }
        // Stopped in reverse: senders first, then questions, the engine last.
        try await run(
            [EngineService(engine: engine), ReloadService(engine: engine, supervisor: supervisor, logger: logger)]
                + services(of: listeners, engine, senders, announcement)
                + [StopNotice(supervisor: supervisor)])
    }

    private func services(
        of listeners: Listeners, _ engine: Engine, _ senders: IngestConfiguration, _ announcement: Announcement
    ) -> [any Service] {
        let ingestConnections = IngestConnections(limits: senders.limits)
        let httpChannels = OpenHTTPChannels(limits: senders.limits)
        let httpConnections = HTTPConnections(limits: senders.limits)
        let started = ContinuousClock.now
        let surroundings = Surroundings(
            version: Self.version, sockets: { announcement.json },
            uptimeSeconds: { (ContinuousClock.now - started) / .seconds(1) }, startSeconds: time(nil),
            ingestConnections: ingestConnections, httpChannels: httpChannels, limits: senders.limits,
            configuration: { [setup] in setup.json })
        return listeners.all.sorted { !$0.role.isIngest && $1.role.isIngest }.map { listener in
            let announce = { @Sendable (endpoint: Endpoint) in
                announcement.isListening(listener.role.rawValue, at: endpoint)
            }
            if listener.role.isIngest {
                return IngestListener(
                    endpoint: listener.endpoint, engine: engine, configuration: senders,
                    connections: ingestConnections,
                    tokens: listener.role == .ingestTCP ? setup.access.tokens : nil, logger: logger,
                    onListening: announce)
            }
            return HTTPListener(
                endpoint: listener.endpoint, engine: engine, ingest: senders, access: setup.access,
                surroundings: surroundings, channels: httpChannels, connections: httpConnections, logger: logger,
                onListening: announce)
        }
    }

    private func run(_ services: [any Service]) async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        var group = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        group.maximumGracefulShutdownDuration = Self.stopPatience
        try await ServiceGroup(configuration: group).run()
        logger.info("stopped")
    }

    /// The configuration with limits that the process can keep.
    private func ingestConfiguration(openFiles: Int) -> IngestConfiguration {
        var ingest = configuration.ingest
        if ingest.limits.fit(openFiles: openFiles) {
            logger.warning(
                """
                only \(openFiles) open files are allowed: taking at most \(ingest.limits.ingestConnections) senders \
                and \(ingest.limits.httpConnections) HTTP connections; raise LimitNOFILE= or ulimit -n
                """)
        }
        return ingest
    }

    /// Memory from here on is mapped by itself. More than any buffer of a connection, which come and go: with half of
    /// this, which is what a table of duplicates has, events over HTTP cost an eighth more.
    private static let mappedBytes = 512 << 10

    /// What the process as a whole does with signals and new files. Returns how many files it may have open.
    private static func prepareProcess() -> Int {
        // A client that closes without reading must cost its connection and not the daemon.
        signal(SIGPIPE, SIG_IGN)
        // Until the rules can be reloaded, a reload means nothing; the default action would end us.
        signal(SIGHUP, SIG_IGN)
        // A limit on the size of files (RLIMIT_FSIZE) is then an error of the commit that meets it, and is
        // named when it ends the process.
        signal(SIGXFSZ, SIG_IGN)
        MappedFiles.endOnFaults(
            beginning: OperatorText.prefix(priority: StopReason.priority) + StopReason.beginning,
            exitCode: StopReason.inputOutput)
        // Tables double as they grow. What they leave goes back to the system at once: of 10 million users' tables half
        // stayed with the allocator, whose own thresholds rise with whatever is freed.
        Heap.map(from: Self.mappedBytes)
        // Neither the log nor, in the moment before its mode is set, a socket is anybody else's.
        umask(0o007)
        // A connection is a file descriptor; the usual soft limit of 1,024 exists for select(2), which
        // nothing here calls, and setting it to the hard limit is what systemd.exec(5) advises.
        var files = rlimit()
        let resource = Int32(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &files) == 0 else { return .max }
        if files.rlim_cur < files.rlim_max {
            files.rlim_cur = files.rlim_max
            // Refused, the soft limit stays.
            if setrlimit(resource, &files) != 0 { getrlimit(resource, &files) }
        }
        return Int(clamping: files.rlim_cur)
    }

    private func makeRunDirectory() throws(StopReason) {
        // Every directory on the way, as `mkdir -p` does; those that exist are no mistake.
        let path = places.runDirectory
        let ends = path.indices.dropFirst().filter { path[$0] == "/" } + [path.endIndex]
        for end in ends where mkdir(String(path[..<end]), 0o777) != 0 && errno != EEXIST {
            let reason = String(cString: strerror(errno))
            throw StopReason(
                exitCode: StopReason.inputOutput,
                "\(path[..<end]): cannot make the directory for the sockets: \(reason); choose another --run-dir")
        }
    }

    private var heading: String {
        "tenured \(Self.version): state in \(places.stateDirectory), clock \(configuration.settings.clock.rawValue), "
            + "rules \(places.rulesFile ?? "built in"); listening at"
    }

    private var engineConfiguration: EngineConfiguration {
        var engine = EngineConfiguration(
            stateDirectory: places.stateDirectory, settings: configuration.settings,
            loadRules: { [setup] in try setup.rules() },
            zoneData: ZoneFiles.data, wallClock: { Timestamp(milliseconds: Self.milliseconds(of: CLOCK_REALTIME)) },
            bootClock: { Self.milliseconds(of: CLOCK_BOOTTIME) },
            report: { [logger] severity, text in logger.log(level: Self.level(severity), "\(text)") })
        engine.limits = configuration.engineLimits
        engine.traitNames = configuration.traitNames
        engine.log = configuration.log
        engine.checkpoints = configuration.checkpoints
        engine.replayed = { [supervisor] in supervisor.replayed($0, of: $1) }
        engine.liveness = supervisor.livenessMilliseconds.map { [supervisor] interval in
            EngineConfiguration.Liveness(intervalMilliseconds: interval, show: { supervisor.isAlive() })
        }
        return engine
    }

    private static func milliseconds(of clock: clockid_t) -> Int64 {
        var now = timespec()
        clock_gettime(clock, &now)
        return Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
    }

    private static func level(_ severity: EngineConfiguration.Severity) -> Logger.Level {
        switch severity {
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}
