public import UsageModel

/// What a request with events is: which client speaks, and in which of its forms.
///
/// The bodies that each takes are read by `EventList` and `EventDecoder`, or, where they are lines, by
/// WireFormat's `LineDecoder`; what each is answered stands in `ClientCall+Replies`.
public enum ClientCall: Sendable, Hashable {
    /// Lines of ours: JSON objects, line protocol, control lines.
    case lines
    /// InfluxDB 1's `/write`.
    case influx1
    /// InfluxDB 2's `/api/v2/write`.
    case influx2
    /// Segment's `/v1/batch` and `/v1/import`, which RudderStack's clients speak too.
    case segmentBatch
    /// One of Segment's calls, each with a path of its own: `/v1/track` and so on.
    case segment(RecordKind)
    /// PostHog's `/batch/`, `/capture/` and `/i/v0/e/`.
    case postHog
    /// PostHog's `/i/v1/analytics/events`, whose answer tells of each event.
    case postHogEvents
    /// CloudEvents over HTTP, and OpenMeter's path.
    case cloudEvents

    /// Whether the body is lines, decoded as they arrive; otherwise it is one JSON value, read whole.
    public var takesLines: Bool {
        switch self {
        case .lines, .influx1, .influx2: true
        case .segmentBatch, .segment, .postHog, .postHogEvents, .cloudEvents: false
        }
    }

    /// Whether the body is InfluxDB's, whose points have no ids.
    public var takesPoints: Bool { self == .influx1 || self == .influx2 }
}
