import Rules
public import UsageModel

/// What can be asked; each is answered by the writer between two lines, so it sees every event
/// that was acknowledged before it was asked, and told when all that it shows is durable.
public enum Question: Sendable {
    case status(digest: Bool)
    case companies(CompaniesQuery)
    case company(String)
    case users(company: String, Page)
    case tasks(company: String, Page)
    case flags(FlagsQuery)
    /// What one owner has to do about flags, company by company.
    case worklist(WorklistQuery)
    /// `F12`, or `12`.
    case flag(String)
    /// Why a rule has no open flag in a company.
    case whyNot(company: String, rule: String)
    /// What a rule's conditions are worth in a company.
    case ruleTest(RuleTestQuery)
    case rules
    case rejects(Page)

    /// The only company of which the answer tells; nil when it may tell of others.
    var company: String? {
        switch self {
        case .company(let company), .users(let company, _), .tasks(let company, _): company
        default: nil
        }
    }
}

/// A page of a list: at most `limit` rows from behind `cursor`, which came as `next` in the page before.
public struct Page: Sendable {
    public var limit: Int
    public var cursor: String?

    public init(limit: Int = Page.defaultLimit, cursor: String? = nil) {
        self.limit = min(max(limit, 1), Self.greatestLimit)
        self.cursor = cursor
    }

    public static let defaultLimit = 100
    /// A page must be built in a few milliseconds, since the writer waits meanwhile.
    public static let greatestLimit = 10_000
}

public struct CompaniesQuery: Sendable {
    /// An expression; a leading `-` sorts from large to small. Nil sorts by name.
    public var sort: String?
    /// A condition; only companies for which it is definitely true are listed.
    public var filter: String?
    public var page: Page

    public init(sort: String? = nil, filter: String? = nil, page: Page = Page()) {
        self.sort = sort
        self.filter = filter
        self.page = page
    }
}

public struct FlagsQuery: Sendable {
    public var company: String?
    public var kind: String?
    public var owner: String?
    /// Also those that are cleared or closed.
    public var all: Bool
    /// Instead those that a silent source keeps from being raised.
    public var withheld: Bool
    public var page: Page

    public init(
        company: String? = nil, kind: String? = nil, owner: String? = nil, all: Bool = false, withheld: Bool = false,
        page: Page = Page()
    ) {
        self.company = company
        self.kind = kind
        self.owner = owner
        self.all = all
        self.withheld = withheld
        self.page = page
    }
}

public struct WorklistQuery: Sendable {
    /// Whose; nil for everybody's.
    public var owner: String?
    public var kind: String?
    /// From when on things are new; nil for the Monday before today.
    public var since: Timestamp?
    /// Companies at most.
    public var limit: Int

    public init(owner: String? = nil, kind: String? = nil, since: Timestamp? = nil, limit: Int = Page.defaultLimit) {
        self.owner = owner
        self.kind = kind
        self.since = since
        self.limit = min(max(limit, 1), Page.greatestLimit)
    }
}

public struct RuleTestQuery: Sendable {
    public var rule: String
    public var company: String
    /// The rule file that has the rule; nil for the one in force.
    public var file: RulesSource?

    public init(rule: String, company: String, file: RulesSource? = nil) {
        self.rule = rule
        self.company = company
        self.file = file
    }
}

/// What an operator may do.
public enum Action: Sendable {
    case acknowledge(flag: String)
    case snooze(flag: String, until: Timestamp)
    /// Ends a snooze before its time.
    case wake(flag: String)
    /// Nil takes the owner away.
    case assign(flag: String, owner: String?)
    case note(flag: String, text: String)
    /// `verdict` is `saved`, `lost` or `false_alarm`. Of a flag that is over, it is all that is recorded.
    case close(flag: String, verdict: String)
    /// Reads the rule file again; taken whole or not at all.
    case reload
    /// Believes a wall clock that has leapt ahead.
    case acceptClock
}

/// Why a question or an action gets no answer.
public enum QuestionError: Error, Sendable, Equatable {
    /// The thing asked for does not exist: 404.
    case notFound(String)
    /// The question is malformed: 400.
    case badRequest(String)
    /// Understood and not allowed in this state: 409.
    case refused(String)
    /// The engine is stopping: 503.
    case stopping

    /// `.notFound` that ends on the name that was probably meant, if one is near.
    static func notFound(_ detail: String, _ name: String, _ candidates: some Sequence<String>) -> QuestionError {
        .notFound(detail + (Suggestion.nearest(to: name, among: candidates).map { "\n  \($0)" } ?? ""))
    }

    public var code: String {
        switch self {
        case .notFound: "not_found"
        case .badRequest: "bad_request"
        case .refused: "refused"
        case .stopping: "stopping"
        }
    }

    public var detail: String {
        switch self {
        case .notFound(let detail), .badRequest(let detail), .refused(let detail): detail
        case .stopping: "the daemon is stopping; ask again after its restart"
        }
    }
}

/// Records as JSON objects, for `tail` and `export`.
public struct RecordsPage: Sendable {
    public var records: [JSON]
    /// Where the next page begins.
    public var next: UInt64
}
