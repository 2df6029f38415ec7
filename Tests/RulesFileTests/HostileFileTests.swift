import Foundation
import Portraits
import Rules
import RulesFile
import TestSupport
import Testing
import UsageModel

@Suite("Hostile rule files")
struct HostileFileTests {
    private func refusal(_ text: String) -> String {
        let names = NameTable()
        do {
            _ = try RulesFile.parse(text: text, fileName: "rules.yaml") { names.intern($0) }
            return "taken"
        } catch {
            return error.diagnostics.map(\.description).joined(separator: "\n")
        }
    }

    @Test("an empty file holds no rules")
    func empty() {
        for text in ["", "\n", "# nothing\n", "---\n", "~", "flags:\n", "{}"] { #expect(refusal(text) == "taken") }
    }

    @Test("what is no mapping is refused", arguments: ["just a text", "[1, 2]", "3", "\"quoted\""])
    func noMapping(text: String) {
        #expect(refusal(text).hasPrefix("rules.yaml:1:1: keys and values are expected here: sets, flags"))
    }

    @Test("a file is read up to a limit")
    func size() {
        let text = String(repeating: "# comment\n", count: 30_000)
        #expect(refusal(text) == "rules.yaml:1:1: the file has 300000 bytes; at most 262144 are read")
    }

    @Test("deep nesting is refused")
    func nesting() {
        for (open, close) in [("[", "]"), ("{a: ", "}")] {
            let text = "flags: " + String(repeating: open, count: 20_000) + String(repeating: close, count: 20_000)
            #expect(refusal(text).contains("the file is nested deeper than 200 levels"))
        }
    }

    @Test("an alias bomb costs nothing")
    func aliasBomb() {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...60 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(refusal(text) == "rules.yaml:2:10: aliases such as *a0 cannot stand in a rule file")
        let asKeys = "? &a [x]\n: 1\n? [*a, *a]\n: 2\n"
        #expect(refusal(asKeys).contains("aliases such as *a"))
    }

    @Test("signs that only look like aliases are none")
    func noAlias() {
        let text = """
            sets: {core: ["R &D", "*starred"]}
            segments:
              - name: s
                when: >
                  users_total
                  *2 > 3 and trait("a &b") == "x *b"
            """
        #expect(refusal(text) == "taken")
    }

    @Test("control characters and private-use characters are refused by place")
    func characters() {
        #expect(refusal("flags: [\u{0}]").hasPrefix("rules.yaml:1:"))
        #expect(refusal("flags:\n  - \u{7}").hasPrefix("rules.yaml:2:5: not valid YAML"))
        #expect(refusal("# \u{E0F1}").contains("private-use"))
    }

    @Test("what breaks off at the end of a file is placed there, and a refused character where it stands")
    func placesAtTheEnd() {
        #expect(refusal("flags: [{name: a").hasPrefix("rules.yaml:1:17: not valid YAML"))
        #expect(refusal("flags:\n  - \"a\n").hasPrefix("rules.yaml:3:1: not valid YAML"))
        #expect(refusal("flags:\r\n  - é😀\u{7}").hasPrefix("rules.yaml:2:7: not valid YAML"))
    }

    @Test("there may be 256 flags and no more")
    func counts() {
        func file(_ count: Int) -> String {
            "flags:\n"
                + (0..<count).map { "  - {name: f\($0), kind: info, severity: low, when: users_total > \($0)}\n" }
                .joined()
        }
        #expect(refusal(file(256)) == "taken")
        #expect(refusal(file(257)).contains("more than 256 flags"))
    }

    /// A look at a company that has nothing, so that every metric is asked for.
    private func look(at rules: RuleSet, names: NameTable) {
        let now = Timestamp(milliseconds: 1_773_144_000_000)
        let moment = Moment(now: now, today: now.utcDay, nextMidnight: (now.utcDay + 1).startUTC)
        let nothing = NothingKnown()
        for rule in rules.flags {
            let context = EvaluationContext(
                portrait: nothing, moment: moment, company: names.intern("acme"), names: names)
            _ = rule.when.verdictAndDeadline(in: context)
            _ = rule.clear?.verdictAndDeadline(in: context)
            _ = rule.when.tree(in: context)
            _ = rule.summary.text(in: context)
        }
        let context = EvaluationContext(portrait: nothing, moment: moment, company: names.intern("acme"), names: names)
        for score in rules.scores { _ = score.value(in: context) }
    }

    /// Lines that the reader puts behind a file, where YAML may see its end.
    private static let padding = 16

    @Test("mutated files are taken or refused, each quickly, with every mistake at a place of the file")
    func mutations() throws {
        let seed = UInt64.random(in: .min ... .max)
        let fixtures = try FixtureTests.names(".yaml").map {
            try String(contentsOf: Repository.fixtures.appending(path: $0), encoding: .utf8)
        }
        var mutator = RuleFileMutator(sources: fixtures + [RulesFile.defaultText], seed: seed)
        let end = ContinuousClock.now + .milliseconds(1_500)
        var taken = 0
        var refused = 0
        // A build that watches memory takes some ten files in that time, and nine in ten are refused.
        while ContinuousClock.now < end || (min(taken, refused) == 0 && taken + refused < 1_000) {
            let text = mutator.file()
            let names = NameTable()
            let start = Self.threadSeconds
            do {
                look(at: try RulesFile.parse(text: text, fileName: "rules.yaml") { names.intern($0) }, names: names)
                taken += 1
            } catch {
                refused += 1
                #expect(!error.diagnostics.isEmpty)
                #expect(error.diagnostics.count <= RuleSetLimits.mistakes + 1)
                let breaks: Set<Unicode.Scalar> = ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"]
                let lines = text.unicodeScalars.count(where: breaks.contains) + 1
                for mistake in error.diagnostics {
                    #expect(
                        mistake.position.line >= 1 && mistake.position.column >= 1
                            && mistake.position.line <= lines + Self.padding,
                        "\(mistake) (seed \(seed))")
                }
            }
            #expect(Self.threadSeconds - start < 2, "too slow with seed \(seed): \(text)")
        }
        #expect(taken > 0 && refused > 0, "seed \(seed)")
    }

    // MARK: Cost

    private static let head = "kind: info, severity: low"

    /// What this thread has computed, so that a busy machine makes no test fail.
    private static var threadSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// What takes a debug build a second or two takes one that watches memory 17 on a busy machine; what grew with the
    /// square of such a file would take minutes and hours.
    private static let greatestSeconds = 60.0

    /// The refusal, or "taken"; and that it came within `greatestSeconds`.
    private func quickRefusal(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) -> String {
        let start = Self.threadSeconds
        let answer = refusal(text)
        #expect(Self.threadSeconds - start < Self.greatestSeconds, "too slow", sourceLocation: sourceLocation)
        return answer
    }

    @Test("what all rules together cost a look has limits: steps, windows of users, tasks of sets")
    func cost() {
        func file(_ count: Int, _ condition: (Int) -> String) -> String {
            "flags:\n"
                + (0..<count).map { "  - {name: f\($0), \(Self.head), when: '\(condition($0))'}\n" }.joined()
        }
        let chain = (0..<250).map { "left(9d) > \($0)" }.joined(separator: " or ")
        #expect(
            quickRefusal(file(40) { _ in chain }).contains(
                "with it the conditions of the file take more than 25000 steps in a look at a company"))
        let windows = { (rule: Int) in
            (1...3).map { "active_users(\(rule % 120 + 1)d, ago: \($0)d) > 1" }.joined(separator: " or ")
                + " or bus_factor(\(rule % 100 + 1)d, ago: \(rule / 100)d) > 1"
        }
        #expect(quickRefusal(file(256, windows)).contains("more than 500 different windows of users"))
        let tasks = (0..<9_000).map { "t\($0)" }.joined(separator: ", ")
        let set = "sets: {big: [\(tasks)]}\n" + file(3) { "events(\"@big\", \($0 + 1)d) > 1" }
        #expect(quickRefusal(set).contains("add up more than 25000 tasks"))
    }

    @Test("scores inside scores cannot multiply the cost of an evaluation")
    func nestedScores() {
        var text = "scores:\n  - {name: s0, components: [{name: a, value: users_total}]}\n"
        for level in 1..<60 {
            let parts = (0..<8).map { "{name: c\($0), value: 'score(\"s\(level - 1)\") + \($0)'}" }.joined(
                separator: ", ")
            text += "  - {name: s\(level), components: [\(parts)]}\n"
        }
        text += "flags:\n  - {name: f, \(Self.head), when: 'score(\"s59\") > 1'}\n"
        #expect(quickRefusal(text).contains("takes more than 20000 steps"))
    }

    @Test("rings, rings of inhibitors, and names that nothing has are told within limits")
    func references() {
        func name(_ index: Int) -> String { "n\(String(index, radix: 36))" }
        let all = (0..<256).map { "flag(\"\(name($0))\")" }.joined(separator: " and ")
        let ring = (0..<60).map { "  - {name: \(name($0)), \(Self.head), when: '\(all)'}\n" }.joined()
        let told = quickRefusal("flags:\n" + ring)
        #expect(told.contains("conditions name each other in a circle"))
        #expect(told.split(separator: "\n").count <= RuleSetLimits.mistakes + 1)
        #expect(told.utf8.count < 300_000)
        let list = (0..<256).map(name).joined(separator: ", ")
        let inhibitors = (0..<150).map { "  - {name: \(name($0)), \(Self.head), when: true, inhibits: [\(list)]}\n" }
        #expect(quickRefusal("flags:\n" + inhibitors.joined()).contains("more than 1024 names in inhibits"))
        let word = String(repeating: "x", count: 60)
        let nobody = (0..<3_500).map { "\(word)\($0)" }.joined(separator: ", ")
        let unknown = "flags:\n  - {name: \(word), \(Self.head), when: true, inhibits: [\(nobody)]}\n"
        #expect(quickRefusal(unknown).contains("there are more mistakes; the first 500 are named"))
    }

    @Test("huge numbers, long scalars, a hundred thousand rules, and keys given over and over")
    func hugeThings() {
        let digits = String(repeating: "9", count: 8_000)
        let number = quickRefusal("flags:\n  - {name: f, \(Self.head), when: users_total > \(digits)}\n")
        #expect(number.contains("is not a number"))
        let long = String(repeating: "users_total > 1 or ", count: 13_000)
        #expect(
            quickRefusal("flags:\n  - {name: f, \(Self.head), when: \(long) true}\n").contains(
                "at most 8192 are allowed"))
        #expect(
            quickRefusal("flags:\n" + String(repeating: "- {}\n", count: 40_000)).contains("there are more mistakes"))
        #expect(
            quickRefusal("flags:\n" + String(repeating: " - x\n", count: 50_000)).contains(
                "keys and values are expected"))
        let keys = (0..<20_000).map { "k\($0): 1\n" }.joined()
        #expect(quickRefusal(keys).contains("there are more mistakes"))
        #expect(quickRefusal(String(repeating: "flags: []\n", count: 20_000)).contains("is given twice"))
        let dollars = String(repeating: "$", count: 8_000)
        #expect(quickRefusal("flags:\n  - {name: f, \(Self.head), when: '\(dollars)'}\n").contains("unexpected \"$\""))
        let brackets = String(repeating: "(", count: 1_900)
        #expect(
            quickRefusal("flags:\n  - {name: f, \(Self.head), when: '\(brackets)'}\n").contains("nested deeper than"))
    }

    @Test("nesting is refused before a stack could end, whatever it is made of")
    func deepestNesting() {
        for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("{", "}")] {
            for (depth, isDeep) in [(90, false), (300, true), (999, true), (30_000, true)] {
                let text = String(repeating: open, count: depth) + "x" + String(repeating: close, count: depth)
                #expect(quickRefusal("flags:\n " + text + "\n").contains("nested deeper than 200 levels") == isDeep)
            }
        }
        let stairs = (1...400).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(quickRefusal(stairs) == "rules.yaml:201:201: the file is nested deeper than 200 levels")
    }
}

/// A company of which nothing is known.
private final class NothingKnown: MetricSource {
    func value(of metric: Metric, at moment: Moment) -> MetricValue { .unknown }
}
