import Engine
import Portraits
import Rules
import RulesFile
import Server
import UsageModel

/// What the daemon was told by command line, configuration file and environment, read and checked.
struct Setup: Sendable {
    /// Nil: there is none.
    let configurationFile: String?
    let configuration: Configuration
    let places: Places
    let access: AccessPolicy
    /// The configuration file as it was read.
    private let text: String

    /// Throws all mistakes of the configuration file; those of the rule file come with `rules()` and `check()`.
    init(
        _ options: Places.Options, clock: ClockMode?, environment: [String: String]
    ) throws(ConfigurationError) {
        configurationFile = Places.configurationFile(options, environment: environment)
        var configuration = Configuration()
        var text = ""
        if let configurationFile {
            text = try TextFile.read(configurationFile)
            configuration = try ConfigurationFile.parse(text, fileName: configurationFile)
            let files = KeyFiles(
                credentialsDirectory: environment["CREDENTIALS_DIRECTORY"], configurationFile: configurationFile)
            configuration.ingest.keys = try files.keys(of: configuration.sources)
        }
        if let clock { configuration.settings.clock = clock }
        self.text = text
        self.configuration = configuration
        places = Places(options, configuration, environment: environment)
        access = try ConfiguredAccess.policy(configuration, environment: environment)
    }

    /// The rule file as it is now.
    func rules() throws(ConfigurationError) -> RulesSource {
        guard let path = places.rulesFile else {
            return RulesSource(fileName: "built-in rules", text: RulesFile.defaultText)
        }
        return RulesSource(fileName: path, text: try TextFile.read(path))
    }

    /// Reads the rule file as a start would, and says what was found good; throws what keeps a start from succeeding.
    func check() throws -> String {
        let source = try rules()
        var tasks: [String: TaskID] = [:]
        let rules = try RulesFile.parse(text: source.text, fileName: source.fileName) { task in
            let id = tasks[task] ?? TaskID(number: UInt32(tasks.count + 1))
            tasks[task] = id
            return id
        }
        let settings = settings
        let changed = settings.count { !$0.isDefault }
        let warnings = rules.warnings.map { "\($0)\n" }.joined()
        return warnings + """
            \(configurationFile ?? "no configuration file"): good, \(changed) of \(settings.count) settings differ from their defaults
            \(source.fileName): good, \(rules.flags.count) flags, version \(rules.version)

            """
    }
}

// MARK: - What is in force

extension Setup {
    /// A setting as it is in force.
    struct EffectiveSetting {
        var name: String
        /// As YAML writes it.
        var value: String
        /// Nil for those that have none, such as the heartbeat of a source.
        var byDefault: String?

        var isDefault: Bool { value == byDefault }
    }

    /// Every setting, with what the command line and the environment decided.
    var settings: [EffectiveSetting] {
        var effective = configuration
        effective.stateDirectory = places.stateDirectory
        effective.runDirectory = places.runDirectory
        effective.rulesFile = places.rulesFile
        let defaults = Configuration()
        let heartbeats = configuration.settings.heartbeats.sorted { $0.key < $1.key }.map { source, milliseconds in
            EffectiveSetting(name: "sources.\(source).heartbeat", value: DurationText.text(milliseconds))
        }
        return Setting.all.map {
            EffectiveSetting(name: $0.name, value: $0.text(effective), byDefault: $0.text(defaults))
        } + heartbeats
    }

    /// The answer to `/v1/config`.
    var json: JSON {
        [
            "file": .optional(configurationFile),
            "is_changed_since_start": .bool(isChanged),
            "settings": .array(
                settings.map {
                    [
                        "name": .string($0.name), "value": .string($0.value), "default": .optional($0.byDefault),
                        "is_default": .bool($0.isDefault),
                    ]
                }),
        ]
    }

    /// Whether the file says something else than what was read at the start.
    private var isChanged: Bool {
        guard let configurationFile else { return false }
        return (try? TextFile.read(configurationFile)) != text
    }
}
