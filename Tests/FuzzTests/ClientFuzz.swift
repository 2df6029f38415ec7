import Clients
import TestSupport
import Testing
import UsageModel
import WireFormat

@Suite("Fuzz: bodies of other systems' clients")
struct ClientFuzz {
    private static let calls: [ClientCall] = [
        .segmentBatch, .segment(.track), .segment(.group), .postHog, .postHogEvents, .cloudEvents,
    ]

    private static let words = [
        "\\u0000", "\\ud83d\\ude00", "\"batch\":[", "\"context\":{", "\"properties\":{", "\"$groups\":{\"company\":",
        "\"event\":\"$", "\"subject\":\"a/b\"", "\"data\":{", "null", "{}", "[[[[", "]]]]", "\"type\":\"sync\"",
    ].map { Array($0.utf8) }

    private static let mapping = {
        var mapping = SourceMapping()
        mapping.source = "app"
        mapping.company = "last"
        mapping.fields = [.company: FieldPath("properties.$groups.company")!, .amount: FieldPath("data.amount")!]
        mapping.tasks = .leaving([TaskPattern("e*")])
        return mapping
    }()

    @Test("every event of a body that is taken is one row, whose promises it keeps")
    func clients() throws {
        let mutator = Mutator(
            corpus: try Mutator.files("clients") + Mutator.files("json"),
            signs: Array("\"\\{}[]:,0-.eE tfn$/\0".utf8) + [0xFF], words: Self.words)
        let guarded = GuardedBytes()
        var input: [UInt8] = []
        var batch = LineBatch()
        FuzzRun("clients", count: 4_000)() { random in
            mutator.next(&random, into: &input)
            let call = random.pick(Self.calls)
            let mapping = random.below(2) == 0 ? SourceMapping() : Self.mapping
            let limits =
                random.below(4) == 0
                ? DecoderLimits(lineBytes: 120, nameBytes: 12, propsBytes: 60, jsonDepth: 5) : DecoderLimits()
            let maximumLines = random.pick([1, 2, 1_000])
            let body = guarded.hold(input)
            var decoder = EventDecoder(call, limits: limits)
            batch.removeAll()
            let isBody = (try? EventList(body, call: call)) != nil
            guard let list = try? decoder.read(body, into: &batch, maximumLines: maximumLines) else {
                return isBody ? "a body that is refused by the pass that decodes it" : nil
            }
            if !isBody { return "a body that is taken by the pass that decodes it" }
            decoder.mapping = mapping
            if list.identifiers(in: body).count != list.events.count { return "an event without its identifier" }
            var next = 0
            while next < list.events.count {
                let end = decoder.decode(list, of: body, from: next, into: &batch, maximumLines: maximumLines)
                if batch.lines.count != end - next { return "\(batch.lines.count) rows for \(end - next) events" }
                if batch.lines.isEmpty { return "no event decoded of those left" }
                next = end
                batch.lines.removeAll { $0.isIgnored }
                if let fault = LinePromises.broken(by: batch, limits) { return fault }
                batch.removeAll()
            }
            return nil
        }
    }
}
