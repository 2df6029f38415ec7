import Glibc
import Logging

/// Log lines as entries of the journal: with a priority, and with metadata as fields (`TENURE_PEER=…`), so that
/// `journalctl -u tenured -p warning` and `journalctl TENURE_PEER=ann` find them.
struct JournalLogHandler: LogHandler {
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.info
    private let journal: Journal

    init(journal: Journal) { self.journal = journal }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let priority = Self.priority(event.level)
        var fields: [Journal.Field] = [
            ("MESSAGE", "\(event.message)"), ("PRIORITY", String(priority)), ("SYSLOG_IDENTIFIER", "tenured"),
        ]
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        fields += all.sorted { $0.key < $1.key }.map { (Self.fieldName($0.key), "\($0.value)") }
        if journal.write(fields) { return }
        // Too long for a datagram, or nobody there: the stream takes it without the fields.
        OperatorText.write("\(event.message)", priority: priority)
    }

    /// syslog(3)'s numbers, which systemd uses as well.
    static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// The journal takes capital letters, digits and underscores.
    static func fieldName(_ key: String) -> String {
        let letters = key.uppercased().unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "A"..."Z", "0"..."9": Character(scalar)
            default: "_"
            }
        }
        return "TENURE_" + String(letters)
    }
}

/// Text on the standard error for whoever runs the daemon.
enum OperatorText {
    /// Under systemd each line begins with its priority (sd-daemon(3): `<N>`); elsewhere nothing is put before it.
    static func prefix(priority: Int) -> String { Journal.standardError == nil ? "" : "<\(priority)>" }

    static func write(_ text: String, priority: Int) {
        let prefix = prefix(priority: priority)
        var lines = text.split(separator: "\n").map { "\(prefix)\($0)\n" }.joined()
        // There is nobody left to tell when this fails.
        lines.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
