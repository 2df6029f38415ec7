/// Finds what could hold a flag open for ever: something that can be unknown, while which the condition
/// that ends the flag cannot come true, whatever everything else is worth.
///
/// So `clear: x <= 3` is one, and so is `clear: is_known(x) and x <= 3`; `x <= 3 or not is_known(x)` is
/// none, nor is `x <= 3 or y > 0` when `y` is always known.
struct UnknownCheck {
    /// An expression with the text that its offsets count in.
    struct Part {
        var syntax: Syntax
        var text: String
    }

    /// Conditions of segments and values of score components, by name.
    var segments: [String: Part]
    var scores: [String: [Part]]
    var emptySets: Set<String>

    /// The first part of `condition` that, unknown, keeps it from being `needed`; where only several
    /// together do, those; empty when nothing does.
    func culprits(_ condition: Part, needed: Verdict) -> [Syntax] {
        let analysis = UnknownAnalysis(condition.text)
        let candidates = candidates(in: condition)
        func isHeld(_ unknown: Set<String>) -> Bool {
            !analysis.possible(condition.syntax, unknown: unknown).contains(needed)
        }
        if let single = candidates.first(where: { isHeld([analysis.written($0)]) }) { return [single] }
        // Two things may be unknown of a company that never had either.
        return isHeld(Set(candidates.map(analysis.written))) ? candidates : []
    }

    /// Whether the value or condition can be unknown at all.
    private func mayBeUnknown(_ part: Part) -> Bool {
        let analysis = UnknownAnalysis(part.text)
        return candidates(in: part).contains {
            analysis.possible(part.syntax, unknown: [analysis.written($0)]).contains(.unknown)
        }
    }

    // MARK: What can be unknown

    /// The parts that can become unknown, in the order written.
    private func candidates(in part: Part) -> [Syntax] {
        var found: [Syntax] = []
        collect(part.syntax, into: &found)
        return found
    }

    private func collect(_ syntax: Syntax, into found: inout [Syntax]) {
        switch syntax.form {
        case .name(let name):
            if Vocabulary.metric(named: name)?.mayBeUnknown == true { found.append(syntax) }
            return
        case .call(let function, let arguments):
            if isUnknownable(function, arguments) {
                found.append(syntax)
                return
            }
        case .arithmetic(.divide, _, let divisor):
            switch divisor.form {
            case .number, .duration: break
            default: found.append(syntax)
            }
        default: break
        }
        for part in syntax.parts { collect(part, into: &found) }
    }

    /// Whether a call can be unknown as a whole; else its arguments may be.
    private func isUnknownable(_ function: String, _ arguments: [Syntax.Argument]) -> Bool {
        var name = ""
        if let first = arguments.first, case .text(let literal) = first.value.form { name = literal }
        switch function {
        case "change": return true
        case "segment": return segments[name].map(mayBeUnknown) ?? false
        case "score":
            // A mean leaves out what is unknown; it is unknown when nothing is left.
            guard let components = scores[name], !components.isEmpty else { return false }
            return components.allSatisfy(mayBeUnknown)
        case "at_raise":
            // What was unknown at the raise stays unknown.
            var inner: [Syntax] = []
            for argument in arguments { collect(argument.value, into: &inner) }
            return !inner.isEmpty
        default:
            guard let metric = Vocabulary.metric(named: function) else { return false }
            return metric.mayBeUnknown || (name.hasPrefix("@") && emptySets.contains(String(name.dropFirst())))
        }
    }
}

/// What an expression can be worth while some of its parts are unknown and all others may be anything.
private struct UnknownAnalysis {
    /// Some of Kleene's three truth values.
    struct Possible: OptionSet {
        let rawValue: UInt8

        static let `false` = Possible(rawValue: 1)
        static let unknown = Possible(rawValue: 2)
        static let `true` = Possible(rawValue: 4)

        func contains(_ verdict: Verdict) -> Bool { rawValue & (1 << verdict.rawValue) != 0 }

        /// Of every pair of `self` and `other` the one that `chosen` takes.
        func combined(_ other: Possible, by chosen: (UInt8, UInt8) -> UInt8) -> Possible {
            var result: UInt8 = 0
            for left: UInt8 in 0...2 where rawValue & (1 << left) != 0 {
                for right: UInt8 in 0...2 where other.rawValue & (1 << right) != 0 {
                    result |= 1 << chosen(left, right)
                }
            }
            return Possible(rawValue: result)
        }

        var negated: Possible {
            Possible(rawValue: (rawValue & 1) << 2 | (rawValue & 2) | (rawValue & 4) >> 2)
        }
    }

    private let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    /// To tell whether two parts are the same: without any white space.
    func written(_ syntax: Syntax) -> String {
        String(decoding: bytes[syntax.start..<syntax.end], as: UTF8.self).filter { !$0.isWhitespace }
    }

    /// - Parameter unknown: parts as `written` gives them.
    func possible(_ syntax: Syntax, unknown: Set<String>) -> Possible {
        switch syntax.form {
        case .truth(let isTrue): return isTrue ? .true : .false
        case .not(let part): return possible(part, unknown: unknown).negated
        case .all(let parts): return parts.reduce(.true) { $0.combined(possible($1, unknown: unknown), by: min) }
        case .any(let parts): return parts.reduce(.false) { $0.combined(possible($1, unknown: unknown), by: max) }
        case .call("is_known", _): return names(unknown, in: syntax) ? .false : [.true, .false]
        default: return names(unknown, in: syntax) ? .unknown : [.true, .false]
        }
    }

    private func names(_ unknown: Set<String>, in syntax: Syntax) -> Bool {
        unknown.contains(written(syntax)) || syntax.parts.contains { names(unknown, in: $0) }
    }
}
