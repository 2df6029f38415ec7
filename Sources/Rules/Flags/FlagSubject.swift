public import Portraits
public import UsageModel

/// What flags need to know of a company beyond its metrics: a portrait, or a table in a test.
public protocol FlagSubject: MetricSource {
    /// The last outcome that billing sent; nil before any.
    var outcome: String? { get }
    /// That outcome's own time.
    var outcomeAt: Timestamp? { get }
    /// Greatest time of a qualifying event with a user.
    var lastUserActivity: Timestamp? { get }
    /// The touch with the greatest time, and where its record stands in the log; nil before any.
    var lastTouch: Touch? { get }
    /// Another number than before whenever something but an event of today has come: windows that ended
    /// before today, traits and the outcome stay while it and the date do.
    var closedVersion: UInt64 { get }
    /// Position in the log of the last event.
    var lastSeq: UInt64 { get }
    /// Positions in the log of the last events, latest first, a few of them.
    var recentEvents: [UInt64] { get }
}

/// One contact of our side with a company.
public typealias Touch = CompanyPortrait.Touch

extension FlagSubject {
    /// The time of the outcome when the last one is `churned`.
    var churnedAt: Timestamp? { outcome == "churned" ? outcomeAt : nil }
}

extension CompanyPortrait: FlagSubject {}
