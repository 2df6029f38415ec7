import Rules
import RulesFile
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
            return error.description
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
            #expect(refusal(text).contains("not valid YAML"))
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

    @Test("a file cut short or with one byte changed is taken or refused, and never traps")
    func mutations() {
        let bytes = Array(RulesFile.defaultText.utf8)
        let seed = UInt64.random(in: .min ... .max)
        var state = seed
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        let signs = Array("{}[]\"':,#&*!|>%@`-?\n\t \\x1(".utf8)
        var refused = 0
        for round in 0..<60 {
            var changed = bytes
            if round % 3 == 0 {
                changed.removeLast(next(changed.count))
            } else {
                changed[next(changed.count)] = signs[next(signs.count)]
            }
            if refusal(String(decoding: changed, as: UTF8.self)) != "taken" { refused += 1 }
        }
        #expect(refused > 0, "seed \(seed)")
    }
}
