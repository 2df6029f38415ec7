public import UsageModel

/// One company's portrait: every number, exact, at any moment not before the
/// company's last record.
///
/// A live view of the fold's state: it changes with the records that are applied. Belongs to the
/// writer's thread.
public final class CompanyPortrait {
    let state: UnsafeMutablePointer<CompanyState>
    private let store: PortraitStore

    init(state: UnsafeMutablePointer<CompanyState>, store: PortraitStore) {
        self.state = state
        self.store = store
    }

    deinit {
        state.deinitialize(count: 1)
        UnsafeMutableRawPointer(state).deallocate()
    }

    var names: NameTable { store.names }

    // MARK: Who and where

    public var company: CompanyID { state.pointee.company }
    public var name: String { names.name(company) }
    public var zone: Zone { state.pointee.zone }

    // MARK: Times

    /// Least and greatest time of qualifying events.
    public var firstActivity: Timestamp? { Self.time(state.pointee.firstActivity) }
    public var lastActivity: Timestamp? { Self.time(state.pointee.lastActivity) }
    /// The greatest time of qualifying events with a user.
    public var lastUserActivity: Timestamp? { Self.time(state.pointee.lastUserActivity) }
    /// Least time of any record of the company.
    public var firstRecord: Timestamp? { Self.time(state.pointee.firstRecord) }
    /// The contact of our side with the greatest time.
    public var lastTouch: Touch? {
        Self.time(state.pointee.lastTouch).map { Touch(time: $0, seq: state.pointee.lastTouchSeq) }
    }

    /// One contact of our side, and where its record stands in the log.
    public struct Touch: Sendable, Equatable {
        public var time: Timestamp
        public var seq: UInt64

        public init(time: Timestamp, seq: UInt64) {
            self.time = time
            self.seq = seq
        }
    }

    private static func time(_ milliseconds: Int64) -> Timestamp? {
        milliseconds == .min || milliseconds == .max ? nil : Timestamp(milliseconds: milliseconds)
    }

    // MARK: Counts without a window

    public var usersTotal: Int { state.pointee.usersTotal }
    /// Sum of `count` over qualifying events that were older than 400 days when they were applied.
    public var beyondHorizon: UInt64 { state.pointee.beyondHorizon }

    /// The last outcome: renewed, expanded, contracted, converted or churned.
    public var outcome: String? { state.pointee.outcome }
    /// That outcome's own time.
    public var outcomeAt: Timestamp? { Self.time(state.pointee.outcomeTime) }

    /// Positions in the log of the last three qualifying events, latest first: a flag's witnesses.
    public var recentEvents: [UInt64] {
        let seqs = state.pointee.recentSeqs
        return [seqs.0, seqs.1, seqs.2].filter { $0 != 0 }
    }

    /// Another number than before whenever something but an event of today has come: while it and the
    /// date stay, so do windows that ended before today, traits and the outcome.
    public var closedVersion: UInt64 { state.pointee.closedVersion }

    /// Position in the log of the last event, qualifying or not; 0 when there is none.
    public var lastSeq: UInt64 { state.pointee.lastSeq }

    /// Position in the log of the last qualifying event; 0 when there is none. O(1), without allocation.
    public var lastEvent: UInt64 { state.pointee.recentSeqs.0 }

    // MARK: Traits

    /// Current company traits as one object, names in byte order.
    public var traits: JSON { state.pointee.traits.json }

    public func trait(_ name: String) -> JSON? { state.pointee.traits.value(name) }
}
