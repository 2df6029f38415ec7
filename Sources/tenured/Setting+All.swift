import Engine
import EventLog
import Logging
import Portraits
import Server
import WireFormat
import Yams

extension Setting {
    /// Also what `clock: event` sets, which people write without a section.
    static let clockModeName = "clock.mode"

    /// The section whose names are those of sources, so that no list can have them all.
    static let sourcesName = "sources"

    /// Every setting there is, in the order of config/tenured.yaml.
    static let all: [Setting] =
        places + log + checkpoint + clock + ingest + questions + activity + traits + limits

    /// With the same name's sections: `clock`, `ingest`, …
    static let sections: [String] = {
        var sections: [String] = []
        for setting in all {
            let parts = setting.name.split(separator: ".")
            if parts.count == 2, sections.last != String(parts[0]) { sections.append(String(parts[0])) }
        }
        return sections
    }()

    private static let places: [Setting] = [
        .optionalString("state_dir", \.stateDirectory),
        .optionalString("run_dir", \.runDirectory),
        .optionalString("rules", \.rulesFile),
        .word("log_level", \.logLevel),
        .string("default_zone", \.settings.defaultZone),
    ]

    private static let log: [Setting] = [
        .bytes("log.segment", \.log.segmentBytes, atMost: EventLogOptions.greatestByteCount),
        .bytes("log.reserve", \.log.reserveBytes, atMost: EventLogOptions.greatestByteCount),
    ]

    private static let checkpoint: [Setting] = [
        .count("checkpoint.records", \.checkpoints.records),
        .bytes("checkpoint.duplicates", \.checkpoints.duplicateBytes),
        .bytes("checkpoint.bytes_per_second", \.checkpoints.bytesPerSecond),
    ]

    private static let clock: [Setting] = [
        .word(clockModeName, \.settings.clock),
        .milliseconds("clock.max_step", \.settings.clockMaxStepMilliseconds),
    ]

    private static let ingest: [Setting] = [
        .endpoint("ingest.tcp", \.ingestTCP),
        .word("ingest.precision", \.ingest.precision),
        .milliseconds("ingest.max_future", \.engineLimits.maxFutureMilliseconds),
        .flag("ingest.company_from_email", \.settings.companyFromEmail),
        .strings("ingest.free_mail_domains", \.settings.freeMailDomains),
    ]

    private static let questions: [Setting] = [
        .endpoint("http.tcp", \.httpTCP),
        .optionalString("http.tokens", \.tokensFile),
        .optionalString("http.change_group", \.changeGroup),
    ]

    private static let activity: [Setting] = [
        .strings("activity.ignore_tasks", \.settings.ignoreTasks),
        .strings("activity.ignore_users", \.settings.ignoreUsers),
    ]

    private static let traits: [Setting] = [
        .string("traits.company_name", \.traitNames.companyName),
        .string("traits.revenue", \.traitNames.revenue),
        .string("traits.renewal", \.traitNames.renewal),
        .string("traits.owner", \.traitNames.owner),
        .string("traits.user_name", \.traitNames.userName),
        .string("traits.user_email", \.traitNames.userEmail),
        .string("traits.user_role", \.traitNames.userRole),
    ]

    private static let limits: [Setting] = [
        .bytes("limits.line", \.ingest.decoderLimits.lineBytes),
        .bytes("limits.name", \.ingest.decoderLimits.nameBytes),
        .bytes("limits.props", \.ingest.decoderLimits.propsBytes),
        .count("limits.json_depth", \.ingest.decoderLimits.jsonDepth),
        .count("limits.companies", \.engineLimits.companies),
        .count("limits.users", \.engineLimits.users),
        .count("limits.users_per_company", \.engineLimits.usersPerCompany),
        .count("limits.tasks", \.engineLimits.tasks),
        .count("limits.tasks_per_company", \.engineLimits.tasksPerCompany),
        .count("limits.units", \.engineLimits.units),
        .count("limits.sources", \.engineLimits.sources),
        .count("limits.producers", \.engineLimits.producers),
        .count("limits.traits", \.engineLimits.traits),
        .count("limits.rejects_kept", \.engineLimits.rejectsKept),
        .count("limits.batches", \.engineLimits.batches),
        .count("limits.lines_in_flight", \.engineLimits.linesInFlight),
        .count("limits.records_per_block", \.engineLimits.recordsPerBlock),
        .count("limits.ingest_connections", \.ingest.limits.ingestConnections),
        .count("limits.http_connections", \.ingest.limits.httpConnections),
        .bytes("limits.replies_kept", \.ingest.limits.repliesKeptBytes),
        .bytes("limits.replies_kept_in_all", \.ingest.limits.repliesKeptInAllBytes),
        .bytes("limits.body", \.ingest.limits.bodyBytes),
        .bytes("limits.json_body", \.ingest.limits.jsonBodyBytes),
        .bytes("limits.json_bodies_in_all", \.ingest.limits.jsonBodiesInAllBytes),
        .bytes("limits.small_body", \.ingest.limits.smallBodyBytes),
        .seconds("limits.subscriber_stall", \.ingest.limits.subscriberStallSeconds),
        .seconds("limits.drain", \.ingest.limits.drainSeconds),
    ]

    /// A TCP address, or null for none.
    private static func endpoint(_ name: String, _ path: Path<Endpoint?>) -> Setting {
        Setting(name: name) { (node, configuration) throws(Expected) in
            if node.isNull {
                configuration[keyPath: path] = nil
            } else {
                guard let endpoint = node.scalar.flatMap({ Endpoint(tcp: $0.string) }) else {
                    throw Expected(what: "an address and port, such as 127.0.0.1:8086, or null")
                }
                configuration[keyPath: path] = endpoint
            }
        } text: {
            $0[keyPath: path]?.description ?? "null"
        }
    }
}
