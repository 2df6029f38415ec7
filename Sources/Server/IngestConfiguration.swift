public import WireFormat

/// How the ingest listeners read and what bounds them.
public struct IngestConfiguration: Sendable {
    public var limits = ServerLimits()
    public var decoderLimits = DecoderLimits()
    /// Unit of line-protocol timestamps.
    public var precision = TimestampPrecision.ns
    /// Keys of senders over HTTP.
    public var keys = ClientKeys()

    public init() {}
}
