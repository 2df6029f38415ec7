import Rules
import UsageModel

/// What verifying a flag found, for people and programs.
struct FlagVerificationReport {
    private let flagCase: FlagCase
    private let company: String
    private let checks: [Check]

    /// One thing that was derived anew.
    private struct Check {
        var name: String
        var recorded: JSON
        var derived: JSON

        var holds: Bool { recorded == derived }

        var json: JSON {
            ["check": .string(name), "recorded": recorded, "derived": derived, "ok": .bool(holds)]
        }
    }

    init(_ flagCase: FlagCase) {
        self.flagCase = flagCase
        company = flagCase.companyName
        checks = flagCase.raise.company.isNone ? [] : Self.checks(flagCase)
    }

    // MARK: - Checks

    private static func checks(_ flagCase: FlagCase) -> [Check] {
        let recorded = flagCase.raise.json
        let derived = flagCase.derived.flatMap { try? JSON(parsing: $0.json.text) }
        var checks = [
            Check(name: "raised", recorded: .bool(true), derived: .bool(derived != nil)),
            Check(name: "raised before", recorded: .bool(false), derived: .bool(flagCase.wasTrueBefore)),
        ]
        if let derived {
            var names = (recorded.members ?? []).map(\.name)
            names += (derived.members ?? []).map(\.name).filter { !names.contains($0) }
            for name in names where name != "move" && name != "evidence" {
                checks.append(Check(name: name, recorded: recorded[name] ?? .null, derived: derived[name] ?? .null))
            }
        }
        return checks + evidenceChecks(flagCase, derived)
    }

    /// A check a term, so that one sees which differs.
    private static func evidenceChecks(_ flagCase: FlagCase, _ derived: JSON?) -> [Check] {
        let recorded = flagCase.raise.json["evidence"]?.arrayValue ?? []
        let terms = flagCase.terms.compactMap { try? JSON(parsing: $0.json.text) }
        let found = derived?["evidence"]?.arrayValue ?? terms
        return (0..<max(recorded.count, found.count)).map { index in
            let left = index < recorded.count ? recorded[index] : .null
            let right = index < found.count ? found[index] : .null
            let term = (left["term"] ?? right["term"])?.stringValue ?? ""
            return Check(name: "evidence: \(term)", recorded: left, derived: right)
        }
    }

    private var holds: Bool { checks.allSatisfy(\.holds) }

    // MARK: - Words

    private var flagName: String { flagCase.raise.move.flag?.description ?? "" }

    private var sentence: String {
        let move = flagCase.raise.move
        if flagCase.raise.company.isNone {
            return "\(flagName) is about no company (\(move.rule)): there is nothing to derive it from"
        }
        if holds {
            return "\(flagName) holds: from \(source), "
                + "\(condition) at \(move.at.rfc3339), as recorded"
        }
        let differing = checks.filter { !$0.holds }.map(\.name)
        if flagCase.derived == nil {
            return "\(flagName) does not hold: from \(source), \(move.rule) is not raised at \(move.at.rfc3339)"
        }
        return "\(flagName) does not hold: \(differing.count) of \(checks.count) checks differ: "
            + differing.joined(separator: ", ")
    }

    /// `1,234 records of acme alone`.
    private var source: String {
        let count = flagCase.recordCount
        return "\(Self.grouped(count)) record\(count == 1 ? "" : "s") of \(company) alone"
    }

    /// The first measured term that held: `user_idle_days was 7.000 (user_idle_days > 7)`.
    private var condition: String {
        let measured = flagCase.raise.move.evidence.first { $0.holds == true && $0.value.doubleValue != nil }
        guard let measured, let value = measured.value.doubleValue else { return "\(flagCase.raise.move.rule) held" }
        let thousandths = (value * 1_000).rounded() / 1_000
        return "\(measured.metric ?? measured.term) was \(JSON.double(thousandths).text) (\(measured.term))"
    }

    private static func grouped(_ count: Int) -> String {
        var digits = Array(String(count))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: place)
            place -= 3
        }
        return String(digits)
    }

    // MARK: - Answer

    var json: JSON {
        let raise = flagCase.raise
        return [
            "flag": .string(flagName), "company": raise.company.isNone ? .null : .string(company),
            "rule": .string(raise.move.rule), "rule_version": .string(raise.move.ruleVersion),
            "at": .string(raise.move.at.rfc3339), "seq": .int(raise.seq),
            "holds": raise.company.isNone ? .null : .bool(holds), "sentence": .string(sentence),
            "records": .int(flagCase.recordCount), "checks": .array(checks.map(\.json)), "hindsight": hindsight,
        ]
    }

    /// What all records known now say of the raise.
    private var hindsight: JSON {
        guard !flagCase.raise.company.isNone else { return .null }
        let finding = flagCase.hindsight
        let word =
            switch finding?.verdict {
            case .true: "holds"
            case .false: "fails"
            case .unknown, nil: "unknown"
            }
        return [
            "verdict": .string(word), "retracted_at": .optional(flagCase.flag?.retractedAt?.rfc3339),
            "terms": .array((finding?.evidence ?? []).map(\.json)),
        ]
    }
}
