import Clients

/// What the configuration says of a source whose sender shows a key.
struct SourceKeys: Sendable, Equatable {
    var name: String
    /// Holds the key; nil when the source has none.
    var keyFile: String?
    /// The source's name stands in it too.
    var mapping = SourceMapping()
    /// Where `key_file` stands in the configuration file.
    var line: Int?

    init(name: String) {
        self.name = name
        mapping.source = name
    }
}
