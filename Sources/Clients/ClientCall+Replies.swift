public import UsageModel

/// An event that was refused among others that were taken.
public struct RefusedEvent: Sendable, Equatable {
    /// From 0, in the order sent.
    public var index: Int
    public var code: String
    public var detail: String

    public init(index: Int, code: String, detail: String) {
        self.index = index
        self.code = code
        self.detail = detail
    }
}

/// What became of a request's events, once all are settled and durable.
public struct Settlement: Sendable, Equatable {
    /// How many there were.
    public var events = 0
    /// The log's last record then.
    public var seq: UInt64 = 0
    /// Those refused, in order, as far as they are listed.
    public var refused: [RefusedEvent] = []
    /// How many more were refused.
    public var unlistedRefusals = 0
    /// PostHog's `uuid` of each event, where it has one.
    public var identifiers: [String?] = []

    public init() {}

    var refusedCount: Int { refused.count + unlistedRefusals }
}

/// The reply to a request that was understood: the table of what every client takes for success.
///
/// | call | all taken | some refused |
/// |---|---|---|
/// | our lines | 200 `{"ack","seq","errors"}` | the same |
/// | Segment, PostHog: a batch | 200 | 200, refusals listed: on anything else some send the whole batch again |
/// | Segment, PostHog: one event | 200 | 400 |
/// | PostHog's `/i/v1/…` | 200, each event `ok` | 200, the refused ones `drop` |
/// | InfluxDB | 204 | 400 `partial write: … dropped=N`, the good points are taken |
/// | CloudEvents | 204 | 400, the good events are taken |
///
/// A body that cannot be taken at all is answered 400 on every path; one that is too long 413 where clients split
/// it then, and else 400. Both, and busy (503), have the one error body of all paths.
public enum ClientReply: Sendable, Equatable {
    case answer(status: Int, body: JSON?)
    /// An error, with the code for programs and the sentence for people.
    case error(status: Int, code: String, detail: String)
}

extension ClientCall {
    public func reply(to settlement: Settlement, isSingle: Bool) -> ClientReply {
        switch self {
        case .lines: return .answer(status: 200, body: Self.lineReply(settlement))
        case .postHogEvents: return .answer(status: 200, body: Self.results(settlement))
        case .segmentBatch, .segment, .postHog:
            if isSingle, let refusal = settlement.refused.first {
                return .error(status: 400, code: refusal.code, detail: refusal.detail)
            }
            let success: JSON.Member = self == .postHog ? .init("status", .int(1)) : .init("success", .bool(true))
            return .answer(status: 200, body: .object([success] + Self.refusals(settlement)))
        case .influx1, .influx2, .cloudEvents:
            guard settlement.refusedCount > 0 else { return .answer(status: 204, body: nil) }
            return .error(
                status: 400, code: settlement.refused.first?.code ?? "bad_line", detail: partialWrite(settlement))
        }
    }

    /// The status for a body that is too long. InfluxDB's clients split it when they read 413; Segment's and PostHog's
    /// know only 400 as final.
    public var tooLargeStatus: Int {
        switch self {
        case .lines, .influx1, .influx2, .cloudEvents: 413
        case .segmentBatch, .segment, .postHog, .postHogEvents: 400
        }
    }

    private static func lineReply(_ settlement: Settlement) -> JSON {
        let errors: [JSON] = settlement.refused.map {
            ["error": .string($0.code), "line": .int($0.index + 1), "detail": .string($0.detail)]
        }
        var members: [JSON.Member] = [
            .init("ack", .int(settlement.events)), .init("seq", .int(settlement.seq)), .init("errors", .array(errors)),
        ]
        if settlement.unlistedRefusals > 0 {
            members.append(.init("errors_not_listed", .int(settlement.unlistedRefusals)))
        }
        return .object(members)
    }

    private static func refusals(_ settlement: Settlement) -> [JSON.Member] {
        guard settlement.refusedCount > 0 else { return [] }
        let errors: [JSON] = settlement.refused.map {
            ["index": .int($0.index), "code": .string($0.code), "detail": .string($0.detail)]
        }
        var members = [JSON.Member("errors", .array(errors))]
        if settlement.unlistedRefusals > 0 {
            members.append(.init("errors_not_listed", .int(settlement.unlistedRefusals)))
        }
        return members
    }

    private static func results(_ settlement: Settlement) -> JSON {
        var refused: [Int: String] = [:]
        for refusal in settlement.refused { refused[refusal.index] = "\(refusal.code): \(refusal.detail)" }
        let results = settlement.identifiers.enumerated().compactMap { index, identifier -> JSON.Member? in
            guard let identifier else { return nil }
            let result: JSON =
                refused[index].map { ["result": "drop", "details": .string($0)] } ?? ["result": "ok"]
            return JSON.Member(identifier, result)
        }
        return ["results": .object(results)]
    }

    private func partialWrite(_ settlement: Settlement) -> String {
        let first = settlement.refused.first.map { refusal in
            "\(takesPoints ? "line" : "event") \(refusal.index + 1): \(refusal.code): \(refusal.detail)"
        }
        return "partial write: \(first ?? "refused") dropped=\(settlement.refusedCount)"
    }
}
