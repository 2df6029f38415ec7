import Clients
import Testing
import UsageModel

@Suite("What each client is answered")
struct ReplyTests {
    private let good = {
        var settlement = Settlement()
        settlement.events = 3
        settlement.seq = 9
        settlement.identifiers = ["a", nil, "c"]
        return settlement
    }()

    private var partial: Settlement {
        var settlement = good
        settlement.refused = [RefusedEvent(index: 2, code: "no_task", detail: "the event names no task")]
        settlement.unlistedRefusals = 4
        return settlement
    }

    private func text(_ call: ClientCall, _ settlement: Settlement, isSingle: Bool = false) -> String {
        switch call.reply(to: settlement, isSingle: isSingle) {
        case .answer(let status, let body): "\(status) \(body?.text ?? "")"
        case .error(let status, let code, let detail): "\(status) \(code) \(detail)"
        }
    }

    @Test("all taken: what each takes for success")
    func success() {
        #expect(text(.lines, good) == #"200 {"ack":3,"seq":9,"errors":[]}"#)
        #expect(text(.segmentBatch, good) == #"200 {"success":true}"#)
        #expect(text(.segment(.track), good, isSingle: true) == #"200 {"success":true}"#)
        #expect(text(.postHog, good) == #"200 {"status":1}"#)
        #expect(text(.postHogEvents, good) == #"200 {"results":{"a":{"result":"ok"},"c":{"result":"ok"}}}"#)
        for call: ClientCall in [.influx1, .influx2, .cloudEvents] { #expect(text(call, good) == "204 ") }
    }

    @Test("some refused: no client sends again what was taken")
    func partialRefusal() {
        let listed = #"[{"index":2,"code":"no_task","detail":"the event names no task"}],"errors_not_listed":4}"#
        #expect(text(.segmentBatch, partial) == #"200 {"success":true,"errors":"# + listed)
        #expect(text(.postHog, partial) == #"200 {"status":1,"errors":"# + listed)
        #expect(
            text(.postHogEvents, partial)
                == #"200 {"results":{"a":{"result":"ok"},"c":{"result":"drop","details":"no_task: the event names no task"}}}"#
        )
        #expect(
            text(.lines, partial)
                == #"200 {"ack":3,"seq":9,"errors":[{"error":"no_task","line":3,"detail":"the event names no task"}],"errors_not_listed":4}"#
        )
        #expect(
            text(.influx1, partial) == "400 no_task partial write: line 3: no_task: the event names no task dropped=5")
        #expect(
            text(.cloudEvents, partial)
                == "400 no_task partial write: event 3: no_task: the event names no task dropped=5")
    }

    @Test("a single event that is refused is an error", arguments: [ClientCall.segment(.track), .postHog])
    func single(call: ClientCall) {
        #expect(text(call, partial, isSingle: true) == "400 no_task the event names no task")
    }

    @Test("a body that is too long is 413 where clients split it, and 400 where only that is final")
    func tooLarge() {
        #expect([ClientCall.lines, .influx1, .influx2, .cloudEvents].map(\.tooLargeStatus) == [413, 413, 413, 413])
        #expect(
            [ClientCall.segmentBatch, .segment(.track), .postHog, .postHogEvents].allSatisfy {
                $0.tooLargeStatus == 400
            })
    }
}
