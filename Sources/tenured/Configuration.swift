import Engine
import EventLog
import Logging
import Portraits
import Server

/// Everything the daemon can be told, with the defaults of an ordinary user who tells it nothing.
///
/// The settings' names in YAML, and how each is read, are in `Setting+All.swift`; what each means
/// stands in config/tenured.yaml.
struct Configuration: Sendable {
    /// Holds the log. Nil until `Places` has decided.
    var stateDirectory: String?
    /// Holds the sockets.
    var runDirectory: String?
    /// Nil: the built-in default set.
    var rulesFile: String?
    var settings = Self.defaultSettings
    var traitNames = TraitNames()
    var engineLimits = EngineLimits()
    var log = EventLogOptions()
    var checkpoints = CheckpointOptions()
    var ingest = IngestConfiguration()
    /// Sources by name, with where their keys stand; the keys themselves come into `ingest` when their files are read.
    var sources: [SourceKeys] = []
    /// Nil: no TCP listener. The Unix sockets are always there.
    var ingestTCP: Endpoint?
    var httpTCP: Endpoint?
    /// Group whose members may change something over the Unix socket; nil: whoever may connect.
    var changeGroup: String?
    /// File of the tokens that open the HTTP API's TCP listener.
    var tokensFile: String?
    var logLevel = Logger.Level.info

    private static let defaultSettings = {
        var settings = Settings()
        settings.freeMailDomains = freeMailDomains
        return settings
    }()

    /// Where anybody can have an address: those that together serve most private mailboxes.
    private static let freeMailDomains = [
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "ymail.com",
        "icloud.com", "me.com", "mac.com", "aol.com", "proton.me", "protonmail.com", "gmx.com", "gmx.de", "gmx.net",
        "web.de", "mail.com", "mail.ru", "yandex.com", "yandex.ru", "qq.com", "163.com", "126.com", "naver.com",
        "orange.fr", "free.fr", "libero.it", "zoho.com", "fastmail.com", "hey.com",
    ]
}
