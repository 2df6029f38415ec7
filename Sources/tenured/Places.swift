import FoundationEssentials

/// Where the daemon keeps things when the command line does not say: the configuration file, then
/// what systemd passes to a service, then what suits an ordinary user.
struct Places: Equatable {
    var stateDirectory: String
    var runDirectory: String
    /// Nil: the built-in default set.
    var rulesFile: String?

    /// What the command line says.
    struct Options {
        var configurationFile: String?
        var stateDirectory: String?
        var runDirectory: String?
        var rulesFile: String?
    }

    /// systemd.exec(5): "StateDirectory=, RuntimeDirectory=, ConfigurationDirectory= … set the
    /// environment variables $STATE_DIRECTORY, $RUNTIME_DIRECTORY, $CONFIGURATION_DIRECTORY",
    /// colon-separated when there are several.
    private static func fromSystemd(_ name: String, _ environment: [String: String]) -> String? {
        environment[name]?.split(separator: ":").first.map(String.init)
    }

    /// The configuration file to read, if any: a file that was named must be there, systemd's may be.
    static func configurationFile(
        _ options: Options, environment: [String: String], exists: (String) -> Bool = fileExists
    ) -> String? {
        if let named = options.configurationFile { return named }
        return fromSystemd("CONFIGURATION_DIRECTORY", environment).map { $0 + "/tenured.yaml" }
            .flatMap { exists($0) ? $0 : nil }
    }

    init(
        _ options: Options, _ configuration: Configuration, environment: [String: String],
        exists: (String) -> Bool = fileExists
    ) {
        let stateHome = environment["XDG_STATE_HOME"].flatMap { $0.isEmpty ? nil : $0 + "/tenure" }
        stateDirectory =
            options.stateDirectory ?? configuration.stateDirectory
            ?? Self.fromSystemd("STATE_DIRECTORY", environment) ?? stateHome ?? "./tenure-data"
        runDirectory =
            options.runDirectory ?? configuration.runDirectory
            ?? Self.fromSystemd("RUNTIME_DIRECTORY", environment) ?? stateDirectory + "/run"
        let shippedRules = Self.fromSystemd("CONFIGURATION_DIRECTORY", environment).map { $0 + "/rules.yaml" }
        rulesFile = options.rulesFile ?? configuration.rulesFile ?? shippedRules.flatMap { exists($0) ? $0 : nil }
    }

    static func fileExists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    var ingestSocket: String { runDirectory + "/ingest.sock" }
    var httpSocket: String { runDirectory + "/http.sock" }
}
