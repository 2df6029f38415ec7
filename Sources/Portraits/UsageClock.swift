import UsageModel

/// `now`, as a function of the log alone.
struct UsageClock {
    /// Nil before the first record, under `clock: event` before the first event.
    private(set) var now: Timestamp?
    /// The last event, if it was too far ahead to be believed alone.
    private(set) var far: FarEvent?

    init(now: Timestamp? = nil, far: FarEvent? = nil) {
        self.now = now
        self.far = far
    }

    struct FarEvent: Equatable {
        var user: UserID
        var time: Timestamp
    }

    /// Moves `now` for a record about to be applied. Never moves it back.
    mutating func advance(for record: Record, user: UserID, logTime: Timestamp, settings: Settings) {
        switch settings.clock {
        // A settings record says which clock counts from the next record on; were it dated by the
        // default one, a history under the event clock would begin at the daemon's start.
        case .wall: if record.kind != .settings { raise(to: logTime) }
        case .event:
            if record.kind.isEvent {
                see(record.time, user: user, maxStep: settings.clockMaxStepMilliseconds)
            } else if record.kind == .clock {
                raise(to: record.time)
            }
        }
    }

    /// An event more than `maxStep` ahead moves `now` only when the next one that is also that far
    /// ahead comes from another user, and then to the lesser of both times. Events without a user are
    /// all of one nobody: they confirm a user's word and a user theirs, but not each other's.
    private mutating func see(_ time: Timestamp, user: UserID, maxStep: Int64) {
        guard let before = now, time - before > maxStep else {
            raise(to: time)
            far = nil
            return
        }
        if let other = far, other.user != user { raise(to: min(other.time, time)) }
        far = FarEvent(user: user, time: time)
    }

    private mutating func raise(to time: Timestamp) { now = max(now ?? time, time) }
}
