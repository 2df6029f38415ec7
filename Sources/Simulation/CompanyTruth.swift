public import UsageModel

/// What kind of story a simulated company lives through.
public enum Archetype: String, Sendable, CaseIterable {
    /// Works on as ever, apart from weekends and holidays.
    case steady
    /// More and more people come, in one quarter nearly twice as many.
    case growing
    /// New people every few weeks until the plan's seats are used up.
    case fillingSeats
    /// The one who does most of the work leaves; the others follow, or find another.
    case losingChampion
    /// Everyone comes a little less every week.
    case fading
    /// From one day to the next nobody comes.
    case silentOvernight
    /// One or two people look around and never do what the product is for.
    case onboardingBadly
    /// People are replaced by a nightly job that writes on without them.
    case replacedByJob

    /// Whether the story has a time in which the company was about to leave.
    public var isDecline: Bool {
        switch self {
        case .steady, .growing, .fillingSeats: false
        case .losingChampion, .fading, .silentOvernight, .onboardingBadly, .replacedByJob: true
        }
    }
}

/// What the generator knows about one company, and a rule can only guess.
public struct CompanyTruth: Sendable, Equatable {
    /// The company's id in the stream.
    public var company: String
    public var archetype: Archetype
    /// When the story took its turn: growth or decline began. Nil for steady companies.
    public var turned: Timestamp?
    /// The time of billing's outcome `churned`. Nil when the company stayed.
    public var left: Timestamp?
    /// The time of billing's outcome `expanded`. Nil when it bought no more.
    public var grew: Timestamp?
}

extension CompanyTruth {
    /// One object, times as epoch milliseconds, absent ones null.
    public var json: JSON {
        func time(_ value: Timestamp?) -> JSON { value.map { JSON.int($0.milliseconds) } ?? .null }
        return [
            "company": .string(company), "archetype": .string(archetype.rawValue), "turned": time(turned),
            "left": time(left), "grew": time(grew),
        ]
    }
}
