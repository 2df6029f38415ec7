import UsageModel

/// What became of the rows of an import, or of the lines that were sent.
struct ImportSummary: Equatable, Sendable {
    /// Event lines handed to the daemon, or decoded in a dry run.
    var sent = 0
    /// Settled neither as duplicates nor as refused.
    var accepted: Int { max(0, settled - refusedByDaemon - (duplicates ?? 0)) }
    var settled = 0
    /// Nil where the daemon could not be asked.
    var duplicates: Int?
    var refusedByDaemon = 0
    /// By code, in the order of the codes.
    private(set) var reasons: [String: Int] = [:]
    /// The first few of each code, with their places.
    private(set) var examples: [String: [Refusal]] = [:]
    var seq: UInt64 = 0
    var seconds = 0.0

    private static let examplesPerCode = 3

    var refused: Int { reasons.values.reduce(0, +) }

    mutating func add(_ refusal: Refusal) {
        reasons[refusal.code, default: 0] += 1
        if examples[refusal.code, default: []].count < Self.examplesPerCode {
            examples[refusal.code, default: []].append(refusal)
        }
    }

    var json: JSON {
        [
            "sent": .int(sent), "accepted": .int(accepted), "duplicates": .optional(duplicates),
            "refused": .int(refused),
            "reasons": .object(reasons.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .int($0.value)) }),
            "seq": .int(seq), "seconds": .double((seconds * 1_000).rounded() / 1_000),
        ]
    }

    /// The codes, the most frequent first, each with its first few places.
    var reasonLines: [(text: String, indent: Int, style: Style)] {
        reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.flatMap { code, count in
            [("\(code): \(Quantity.whole(count))", 4, Style.warning)]
                + (examples[code] ?? []).map { ("line \($0.line): \($0.detail)", 6, Style.plain) }
        }
    }

    /// Where rows were refused and why, for standard error when standard output is a program's.
    func noteExamples(_ form: OutputForm) {
        if case .terminal = form { return }
        let first = examples.values.joined().sorted { ($0.line, $0.code) < ($1.line, $1.code) }
        for refusal in first {
            StandardError.write("line \(refusal.line): \(refusal.code): \(PrintableText.escaping(refusal.detail))\n")
        }
    }

    func text(_ form: OutputForm) -> String {
        guard case .terminal(let width, let colour) = form else {
            return form == .json ? json.text + "\n" : json.tabSeparatedPaths
        }
        var page = Page(width: width, colour: colour)
        func entry(_ name: String, _ words: String) { page.entry(name, words, nameWidth: 10) }
        let rate =
            seconds > 0 ? " in \(Quantity.decimal(seconds)) s, \(Quantity.whole(Int(Double(sent) / seconds)))/s" : ""
        entry("sent", Quantity.whole(sent) + rate)
        entry("accepted", Quantity.whole(accepted))
        entry("duplicates", Quantity.whole(duplicates))
        entry("refused", Quantity.whole(refused))
        for line in reasonLines { page.paragraph(line.text, indent: line.indent, style: line.style) }
        if seq > 0 { entry("durable", "through seq \(Quantity.whole(Int(seq)))") }
        return page.text
    }
}
