import UsageModel

/// What a line will say.
enum LineSubject: Sendable {
    /// A person's or a job's event; `value` is the amount in hundredths, 0 for none.
    case event
    /// The company's traits as they are now; `value` is the number of seats.
    case group
    case identify
    case leave
    /// `value` is a place in `PendingLine.outcomes`.
    case outcome
    case touch
}

/// A line that is decided but not yet written: small, so that days of them can be sorted.
struct PendingLine: Sendable {
    static let outcomes: [StaticString] = ["converted", "renewed", "expanded", "churned"]
    static let converted: Int32 = 0
    static let renewed: Int32 = 1
    static let expanded: Int32 = 2
    static let churned: Int32 = 3

    /// When it reaches the daemon; the order of the stream.
    var arrival: Timestamp
    /// When it happened.
    var time: Timestamp
    /// Decides its id and everything about it that tells no story.
    var seed: UInt64
    var company: Int32
    /// Place among the company's people, −1 for nobody.
    var person: Int32
    var value: Int32 = 0
    var count: Int32 = 1
    /// For `group`: the day of the story on which the contract renews next.
    var renews: Int32 = 0
    var subject: LineSubject
    var task: UInt8 = 0
}
