import UsageModel

/// Log time: the wall clock, as far as it can be believed.
///
/// A wrong clock must not idle out every company. So log time never decreases: a clock that is set back
/// leaves it standing until the clock has caught up. And it takes no leap that the boot clock, which
/// nobody sets and which counts sleep, does not confirm: log time then goes on by the boot clock until
/// the operator accepts the leap or the wall clock comes back. Across a restart there is no boot clock to
/// ask, since the machine may have been off: there the wall clock is believed up to a downtime of
/// `longestDowntime`.
struct LogClock {
    enum State: Equatable {
        case steady
        /// The wall clock lies this far before log time, which stands still. Milliseconds.
        case standing(behind: Int64)
        /// The wall clock has leapt this far ahead of log time and is not believed. Milliseconds.
        case held(ahead: Int64)
    }

    private let wall: @Sendable () -> Timestamp
    /// Milliseconds since some fixed instant; never set, never stopped by sleep.
    private let boot: @Sendable () -> Int64
    /// The last time read.
    private(set) var now: Timestamp
    private(set) var state = State.steady
    /// What both clocks said when they last agreed.
    private var agreed: (wall: Timestamp, boot: Int64)
    /// Whether they have agreed since the start. A machine may start on a clock that is behind, to be set
    /// right a moment later: that is the downtime, and no leap.
    private var hasAgreed = false

    /// Time services step a clock by seconds; what is more than this is a mistake somewhere. Events may
    /// lie as far ahead of the clock as this, too.
    static let tolerance: Int64 = 10 * 60 * 1_000
    /// Longer than any repair; a first start of a machine whose clock is wrong by years is beyond it.
    static let longestDowntime: Int64 = 90 * millisecondsPerDay

    /// - Parameter last: the time of the log's last block; nil for an empty log.
    init(wall: @escaping @Sendable () -> Timestamp, boot: @escaping @Sendable () -> Int64, last: Timestamp?) {
        self.wall = wall
        self.boot = boot
        let time = wall()
        let isBelieved = last.map { time - $0 <= Self.longestDowntime } ?? true
        now = last ?? time
        agreed = (isBelieved ? max(time, now) : now, boot())
        read()
    }

    /// The time now; never less than before.
    @discardableResult
    mutating func read() -> Timestamp {
        let time = wall()
        let uptime = boot()
        let expected = agreed.wall + (uptime - agreed.boot)
        if time - expected > (hasAgreed ? Self.tolerance : Self.longestDowntime) {
            now = max(now, expected)
            state = .held(ahead: time - now)
            return now
        }
        // A clock that was set back is not agreed with: set right again, it has not leapt.
        if expected - time <= Self.tolerance {
            agreed = (time, uptime)
            hasAgreed = true
        }
        now = max(now, time)
        state = now - time > Self.tolerance ? .standing(behind: now - time) : .steady
        return now
    }

    /// Believes the wall clock from here on. Returns whether it was not believed before.
    mutating func accept() -> Bool {
        guard case .held = state else { return false }
        agreed = (wall(), boot())
        hasAgreed = true
        read()
        return true
    }
}

extension LogClock.State {
    var isStanding: Bool { if case .standing = self { true } else { false } }

    /// Whether only the distance may differ.
    func isSameCase(as other: Self) -> Bool {
        switch (self, other) {
        case (.steady, .steady), (.standing, .standing), (.held, .held): true
        default: false
        }
    }

    /// For the operator: what is the matter and what to do; nil when nothing is.
    var complaint: String? {
        switch self {
        case .steady: nil
        case .standing(let behind):
            "this machine's clock is \(Self.span(behind)) behind the log; log time stands still until the clock has "
                + "caught up, so set the clock right"
        case .held(let ahead):
            "this machine's clock leapt \(Self.span(ahead)) ahead of what its uptime or the log allow; log time goes on "
                + "without the leap. If the clock is right, run `tenure clock accept`; else set it right"
        }
    }

    private static func span(_ milliseconds: Int64) -> String {
        let days = Double(milliseconds) / Double(millisecondsPerDay)
        if days >= 2 { return "\(Int64(days)) d" }
        let hours = milliseconds / millisecondsPerHour
        return hours >= 2 ? "\(hours) h" : "\(milliseconds / 60_000) min"
    }
}
