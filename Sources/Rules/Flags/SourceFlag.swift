public import UsageModel

/// The flag that says that a source of events is silent: the moves that it makes. It belongs to no
/// company; its rule is the configuration's heartbeat of the source.
public struct SourceFlag: Sendable, Equatable {
    /// Rule files cannot have a rule of such a name.
    public static let rulePrefix = "source:"

    public let source: String
    /// The source never pauses longer than this, in milliseconds.
    public let heartbeat: Int64

    public init(source: String, heartbeat: Int64) {
        self.source = source
        self.heartbeat = heartbeat
    }

    public var rule: String { Self.rulePrefix + source }

    /// The lines of the configuration.
    public var text: String { "sources:\n  \(source): {heartbeat: \(DurationText.text(heartbeat))}\n" }

    /// The source whose flag it is; nil for a flag of a company.
    public static func source(of flag: Flag) -> String? {
        flag.company.isNone && flag.rule.hasPrefix(rulePrefix) ? String(flag.rule.dropFirst(rulePrefix.count)) : nil
    }

    /// The instant at which the source is silent when nothing came after `dataTo`.
    public func deadline(dataTo: Timestamp) -> Timestamp { min(dataTo + heartbeat + 1, .greatest) }

    // MARK: Moves

    /// It came true when the last data came, and waited out the heartbeat.
    ///
    /// - Parameter companies: how many it feeds.
    public func raised(
        _ flag: FlagID, at: Timestamp, observed: Timestamp, dataTo: Timestamp, companies: Int
    ) -> FlagMove {
        var move = move(.raised, flag, at: at, observed: observed)
        move.since = dataTo
        move.evidence = [evidence(at: at, dataTo: dataTo)]
        let fed = companies == 1 ? "1 company is fed by it" : "\(companies) companies are fed by it"
        move.raise = RaiseDetails(
            kind: .info, severity: .high,
            summary: "Source \(source) has sent nothing since \(InstantText.text(dataTo)); \(fed)", owner: nil,
            due: nil, atRaise: [])
        return move
    }

    public func cleared(_ flag: FlagID, at: Timestamp, observed: Timestamp, dataTo: Timestamp) -> FlagMove {
        var move = move(.cleared, flag, at: at, observed: observed)
        move.evidence = [evidence(at: at, dataTo: dataTo)]
        return move
    }

    /// The source that an operator gave up is heard again, and watched from here on.
    public func rearmed(at: Timestamp, observed: Timestamp, dataTo: Timestamp) -> FlagMove {
        var move = move(.rearmed, nil, at: at, observed: observed)
        move.evidence = [evidence(at: at, dataTo: dataTo)]
        return move
    }

    public func woken(_ flag: FlagID, at: Timestamp, observed: Timestamp) -> FlagMove {
        var move = move(.woken, flag, at: at, observed: observed)
        move.reason = "the snooze is over and the source is silent still"
        return move
    }

    /// The configuration gives the source no heartbeat any more.
    public func removed(_ flag: FlagID, at: Timestamp, observed: Timestamp) -> FlagMove {
        var move = move(.closed, flag, at: at, observed: observed)
        move.ruleText = nil
        move.verdict = .removed
        move.reason = "the configuration expects no heartbeat of this source any more"
        return move
    }

    private func move(_ kind: MoveKind, _ flag: FlagID?, at: Timestamp, observed: Timestamp) -> FlagMove {
        var move = FlagMove(kind: kind, rule: rule, ruleVersion: contentVersion(of: text), at: at, observed: observed)
        move.flag = flag
        move.ruleText = text
        return move
    }

    /// In days, as every duration that leaves the rules.
    private func evidence(at: Timestamp, dataTo: Timestamp) -> Evidence {
        let silence = max(0, at - dataTo)
        return Evidence(
            term: "now - data_to > \(DurationText.text(heartbeat))", metric: "now - data_to",
            value: .double(Double(silence) / Double(millisecondsPerDay)),
            threshold: .double(Double(heartbeat) / Double(millisecondsPerDay)), holds: silence > heartbeat)
    }
}

extension FlagBook {
    /// The last flag of the source whose rule is `rule`; nil before any. O(flags of sources).
    public func lastSourceFlag(ofRule rule: String) -> Flag? { flags(of: .none).last { $0.rule == rule } }

    /// Whether that flag was closed by an operator and the source has not been heard since.
    public func isSourceGivenUp(ofRule rule: String) -> Bool {
        waitingRules(of: .none).contains { $0.rule == rule && $0.phase == .closed }
    }
}
