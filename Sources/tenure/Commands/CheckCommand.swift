import ArgumentParser
import UsageModel

/// `tenure check`: a monitoring plugin, as Nagios and its successors run them.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "One line for a monitoring system, with performance data.",
        discussion: Help.text(
            "tenure check --timeout 5",
            words: """
                Exit codes are those of monitoring plugins: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. \
                What is looked at is what `tenure doctor` looks at.
                """))

    @OptionGroup var shared: SharedOptions

    @Option(help: ArgumentHelp("How long the daemon may take to answer.", valueName: "seconds"))
    var timeout = 10

    func run() throws {
        let (diagnosis, status) = diagnose()
        let state = PluginState(diagnosis.worst)
        let worst = diagnosis.findings.filter { $0.level == diagnosis.worst && $0.level != .good }
        let words =
            worst.isEmpty
            ? "\(Quantity.whole(status.at("seq")?.intValue)) records, \(Quantity.whole(status.at("flags_open")?.intValue)) flags open"
            : worst.map { "\($0.subject): \($0.message)" }.joined(separator: "; ")
        let data = PerformanceData.text(status)
        // A bar begins the performance data, so the words must not hold one.
        let line = PrintableText.escaping(words).split(separator: "|").joined(separator: "/")
        StandardOutput.write("TENURE \(state.word) - \(line)\(data.isEmpty ? "" : " | " + data)\n")
        guard state == .ok else { throw ExitCode(state.rawValue) }
    }

    private func diagnose() -> (Diagnosis, JSON) {
        do {
            let connection = try shared.connect()
            connection.timeoutSeconds = max(1, timeout)
            let status = try connection.get(RequestTarget("v1", "status"))
            return (Diagnosis(status: status), status)
        } catch let error as CommandError {
            return (Diagnosis(unreachable: error), .null)
        } catch {
            return (Diagnosis(unreachable: CommandError(.failed, "\(error)")), .null)
        }
    }
}

/// The states of the Monitoring Plugins Development Guidelines.
enum PluginState: Int32 {
    case ok = 0
    case warning = 1
    case critical = 2

    init(_ level: Finding.Level) {
        switch level {
        case .good: self = .ok
        case .warning: self = .warning
        case .problem: self = .critical
        }
    }

    var word: String {
        switch self {
        case .ok: "OK"
        case .warning: "WARNING"
        case .critical: "CRITICAL"
        }
    }
}

/// `'label'=value[unit];[warn];[crit];[min];[max]`, separated by spaces; unit `c` is a counter, `B` bytes.
enum PerformanceData {
    static func text(_ status: JSON) -> String {
        let refused = (status.at("lines", "refused")?.members ?? []).reduce(0) { $0 + ($1.value.intValue ?? 0) }
        let reserve = status.at("log", "reserve_bytes")?.intValue
        let twice = reserve.map { ";\($0 * 2):;\($0):" } ?? ""
        let figures: [(String, Int?, String)] = [
            ("seq", status.at("seq")?.intValue, "c"), ("accepted", status.at("lines", "accepted")?.intValue, "c"),
            ("duplicate", status.at("lines", "duplicate")?.intValue, "c"),
            ("refused", status.at("lines").map { _ in refused }, "c"),
            ("companies", status.at("companies")?.intValue, ""), ("flags_open", status.at("flags_open")?.intValue, ""),
            ("connections", status.at("connections")?.intValue, ""),
            ("log", status.at("log", "bytes")?.intValue, "B"),
            ("available", status.at("log", "available_bytes")?.intValue, "B" + twice),
        ]
        return figures.compactMap { name, value, rest in value.map { "\(name)=\($0)\(rest)" } }.joined(separator: " ")
    }
}
