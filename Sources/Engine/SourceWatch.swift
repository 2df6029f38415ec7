import Portraits
import Rules
import UsageModel

/// The sources of events that the configuration gives a heartbeat, and which of them are silent.
///
/// Whether a source is silent is a fact of the log, its flag in the book; this only remembers it, so
/// that nothing need be looked for while all sources are heard.
struct SourceWatch {
    enum State: Equatable {
        /// Never heard: there is nothing to compare with.
        case unheard
        /// Heard within its heartbeat.
        case awake
        /// The flag is open. It holds the companies that the source feeds.
        case silent(FlagID, Silence)
        /// The flag was cleared at `until`, and what happened before that may still be on its way: it
        /// holds its companies until its data have passed that instant.
        case recovering(Silence, until: Timestamp)
        /// An operator closed the flag; the source is watched again when it is heard again.
        case givenUp
    }

    struct Silence: Equatable {
        /// How far its data went when it fell silent.
        var dataTo: Timestamp
        /// The instant at which its heartbeat was over.
        var since: Timestamp
    }

    struct Source {
        let id: SourceID
        let flag: SourceFlag
        var state: State

        /// Nil while it holds no companies.
        var silence: Silence? {
            switch state {
            case .silent(_, let silence), .recovering(let silence, _): silence
            case .unheard, .awake, .givenUp: nil
            }
        }
    }

    /// By name in byte order.
    private(set) var sources: [Source] = []
    /// Nothing can befall a source before this instant: data that come only put it off.
    private(set) var nextCheck = Self.never
    /// Some source holds companies.
    private(set) var isHolding = false
    /// Some source is not awake, so that it matters when it is heard.
    private(set) var isListening = false

    /// Later than any time that `now` can have.
    static let never = Timestamp(milliseconds: .max)

    init() {}

    init(heartbeats: [String: Int64], book: FlagBook, names: NameTable, portraits: Portraits) {
        sources = heartbeats.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { name, heartbeat in
            let flag = SourceFlag(source: name, heartbeat: heartbeat)
            let id: SourceID = names.intern(name)
            return Source(id: id, flag: flag, state: Self.state(of: flag, dataTo: portraits.dataTo(id), book))
        }
        settle(book, portraits)
    }

    private static func state(of source: SourceFlag, dataTo: Timestamp?, _ book: FlagBook) -> State {
        if book.isSourceGivenUp(ofRule: source.rule) { return .givenUp }
        guard let dataTo else { return .unheard }
        guard let flag = book.lastSourceFlag(ofRule: source.rule) else { return .awake }
        let silence = Silence(dataTo: flag.since, since: flag.openedAt)
        if flag.state.isRaised { return .silent(flag.id, silence) }
        guard flag.state == .cleared, let until = flag.endedAt, dataTo < until else { return .awake }
        return .recovering(silence, until: until)
    }

    func index(of source: SourceID) -> Int? { sources.firstIndex { $0.id == source } }

    mutating func set(_ state: State, at index: Int, _ book: FlagBook, _ portraits: Portraits) {
        sources[index].state = state
        settle(book, portraits)
    }

    /// Finds out anew what `nextCheck` and the marks have to say. O(sources).
    mutating func settle(_ book: FlagBook, _ portraits: Portraits) {
        isHolding = sources.contains { $0.silence != nil }
        isListening = sources.contains { $0.state != .awake }
        nextCheck = sources.compactMap { deadline(of: $0, book, portraits) }.min() ?? Self.never
    }

    /// When the source falls silent if it is not heard, or when the snooze of its flag ends.
    func deadline(of source: Source, _ book: FlagBook, _ portraits: Portraits) -> Timestamp? {
        switch source.state {
        case .awake, .recovering: portraits.dataTo(source.id).map(source.flag.deadline(dataTo:))
        case .silent(let flag, _): book.flag(flag)?.snoozedUntil
        case .unheard, .givenUp: nil
        }
    }
}

/// What holds a company: of all silent sources that feed it the one that is furthest behind decides.
struct Hold: Equatable {
    /// The source furthest behind, as an index into `SourceWatch.sources`.
    var source: Int
    /// Up to here nobody could know of a silence, and everything was judged as ever.
    var start: Timestamp
    /// Events from here on may be missing …
    var missingFrom: Timestamp
    /// … and up to here none is.
    var through: Timestamp
    /// Events that were missing have begun to come.
    var isCatchingUp: Bool

    /// Of two sources that are silent the one further behind decides how far the company has got.
    func joined(_ other: Hold) -> Hold {
        Hold(
            source: through <= other.through ? source : other.source, start: min(start, other.start),
            missingFrom: min(missingFrom, other.missingFrom), through: min(through, other.through),
            isCatchingUp: isCatchingUp || other.isCatchingUp)
    }
}

/// How far a held company has been caught up with.
struct HeldCompany {
    /// Every look up to this moment was made.
    private(set) var through: Timestamp
    /// Events of its silent sources may be missing from here on.
    var missingFrom: Timestamp
    /// The moment of its last event that no look has covered.
    private var unlookedSince: Timestamp?
    private var next = Next.unsought

    private enum Next {
        /// The rules have not been asked yet, or are others since.
        case unsought
        case never
        case at(Timestamp)
    }

    /// - Parameter lastActivity: of the company, nil when it had none: what was known by then was looked at
    ///   by then, also before a restart.
    init(_ hold: Hold, lastActivity: Timestamp?) {
        through = max(hold.start, min(hold.through, lastActivity ?? hold.through))
        missingFrom = hold.missingFrom
    }

    /// When the rules want to look again; nil: never, or they were not asked.
    var nextLook: Timestamp? { if case .at(let time) = next { time } else { nil } }

    var hasUnlooked: Bool { unlookedSince != nil }

    /// Whether the next look only seeks a deadline at a moment that was judged before.
    var isSeeking: Bool { if case .unsought = next { unlookedSince == nil } else { false } }

    /// The rules have changed.
    mutating func forgetNextLook() { next = .unsought }

    /// Notes that an event was applied that happened at `moment`.
    mutating func mark(_ moment: Timestamp) { unlookedSince = moment }

    /// The next moment at or before `end` to look at. Deadlines first, and events as the present looks at
    /// them: those of one moment together, under `clock: event` those of one UTC hour.
    ///
    /// - Parameter finishing: also at an event that others may still follow.
    mutating func takeLook(through end: Timestamp, byHour: Bool, finishing: Bool) -> Timestamp? {
        if case .unsought = next { return unlookedSince ?? through }
        if let since = unlookedSince {
            let closes = byHour ? LookSchedule.hourEnd(since) : since + 1
            return finishing || min(closes, nextLook ?? closes) <= end ? since : nil
        }
        guard let nextLook, nextLook <= end else { return nil }
        return nextLook
    }

    mutating func looked(at moment: Timestamp, next deadline: Timestamp?) {
        unlookedSince = nil
        through = max(through, moment)
        next = deadline.map { .at(max($0, moment + 1)) } ?? .never
    }

    mutating func reach(_ moment: Timestamp) { through = max(through, moment) }
}
