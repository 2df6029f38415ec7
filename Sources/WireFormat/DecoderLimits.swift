/// How much one line may ask for. Every limit is named in the refusal that it causes.
public struct DecoderLimits: Sendable, Equatable {
    /// Bytes of a line without its newline. 64 KiB is the bound of the log's blocks for one record.
    public var lineBytes = 65_536
    /// Bytes of a name (company, user, task, unit, source, producer, e-mail) or of an id. Names stay in
    /// memory for ever, so they are kept short.
    public var nameBytes = 256
    /// Bytes of props, properties or traits, as they are stored.
    public var propsBytes = 32_768
    /// How many JSON objects and arrays may stand inside each other. The scanner recurses once a level.
    public var jsonDepth = 32

    public init() {}

    public init(lineBytes: Int, nameBytes: Int, propsBytes: Int, jsonDepth: Int) {
        self.lineBytes = lineBytes
        self.nameBytes = nameBytes
        self.propsBytes = propsBytes
        self.jsonDepth = jsonDepth
    }

    /// How much of a line that is too long is kept to be quoted.
    static let keptOfLongLineBytes = 1_024
}
