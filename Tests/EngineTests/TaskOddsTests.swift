import Testing
import UsageModel

@testable import Engine

@Suite("The odds ratio of a task between companies that left and stayed")
struct TaskOddsTests {
    private static let export = TaskID(number: 1)
    private static let view = TaskID(number: 2)

    /// A history of events, each of a company's task in a week.
    private func history(_ events: [(company: UInt32, task: TaskID, week: Int)]) -> TaskHistory {
        var history = TaskHistory()
        for event in events {
            var record = Record(kind: .track)
            record.company = CompanyID(number: event.company)
            record.task = event.task
            record.time = Timestamp(milliseconds: Int64(event.week * 7 + 3) * millisecondsPerDay)
            history.note(record)
        }
        history.settle()
        return history
    }

    private func companies(_ numbers: ClosedRange<UInt32>) -> [CompanyID] { numbers.map { CompanyID(number: $0) } }

    @Test("ratio and interval are those of the corrected table, worked out by hand")
    func formula() {
        // 8 of 10 against 3 of 20: 8.5 · 17.5 / (2.5 · 3.5); variance 1/8.5 + 1/2.5 + 1/3.5 + 1/17.5.
        let odds = TaskOdds(
            Self.export, left: Proportion(count: 8, of: 10), stayed: Proportion(count: 3, of: 20))
        #expect(abs(odds.ratio - 17) < 1e-9)
        #expect(abs(odds.low - 2.7596) < 1e-3)
        #expect(abs(odds.high - 104.7254) < 1e-3)
    }

    @Test("an empty cell leaves the ratio finite")
    func emptyCell() {
        let odds = TaskOdds(Self.export, left: Proportion(count: 0, of: 4), stayed: Proportion(count: 5, of: 5))
        // 0.5 · 0.5 / (4.5 · 5.5)
        #expect(abs(odds.ratio - 0.25 / 24.75) < 1e-12)
        #expect(odds.low > 0)
        #expect(odds.high.isFinite)
    }

    @Test("leavers count over the 13 weeks to their last, stayers over the 13 weeks to a leaver's last")
    func stretches() {
        let history = history([
            // Left in week 100; what they did 13 weeks before it is too old.
            (1, Self.view, 100), (1, Self.export, 88), (2, Self.view, 100), (2, Self.export, 87),
            // Stayed: export before and after the stretch, then in it.
            (3, Self.view, 95), (3, Self.export, 87), (3, Self.export, 101), (4, Self.view, 95), (4, Self.export, 100),
        ])
        let odds = history.odds(
            left: companies(1...2).map { ($0, 100) }, stayed: companies(3...4))
        let export = odds.first { $0.task == Self.export }
        #expect(export?.left.count == 1 && export?.left.of == 2)
        #expect(export?.stayed.count == 1 && export?.stayed.of == 2)
        let view = odds.first { $0.task == Self.view }
        #expect(view?.left.count == 2 && view?.stayed.count == 2)
    }

    @Test("a stayer is dealt another leaver's weeks while it used nothing, and is left out when it never did")
    func dealing() {
        let history = history([
            (1, Self.view, 10), (2, Self.view, 200),
            // The first stayer is dealt week 10 and came later; the second came between the two.
            (3, Self.export, 195), (4, Self.export, 100),
        ])
        let odds = history.odds(
            left: [(CompanyID(number: 1), 10), (CompanyID(number: 2), 200)], stayed: companies(3...4))
        let export = odds.first { $0.task == Self.export }
        #expect(export?.stayed.count == 1 && export?.stayed.of == 1)
    }

    @Test("the strongest evidence stands first")
    func order() {
        var events: [(company: UInt32, task: TaskID, week: Int)] = []
        for company in UInt32(1)...20 {
            events.append((company, Self.view, 50))
            if company <= 10 { events.append((company, Self.export, 50)) }
        }
        let odds = history(events).odds(left: companies(1...10).map { ($0, 50) }, stayed: companies(11...20))
        #expect(odds.map(\.task) == [Self.export, Self.view])
        #expect(odds[0].ratio > 1 && odds[0].low > 1)
    }

    @Test("nobody left: no table")
    func nobodyLeft() {
        #expect(history([(1, Self.view, 1)]).odds(left: [], stayed: companies(1...1)).isEmpty)
    }
}
