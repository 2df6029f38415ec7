import Testing
import UsageModel

@testable import Engine

@Suite("What became of a company after an alert")
struct BacktestJudgeTests {
    private static let company = CompanyID(number: 1)

    /// A judge by a year's silence, of a company that was active on `days`, the log ending on day 3,000.
    private func judge(_ days: [Int], churnedOn: Int? = nil) -> BacktestJudge {
        var history = ActivityHistory()
        for day in days {
            var record = Record(kind: .track)
            record.company = Self.company
            record.time = Timestamp(milliseconds: Int64(day) * millisecondsPerDay)
            record.count = 1
            history.note(record)
        }
        if let churnedOn {
            history.note(
                outcome: "churned", of: Self.company,
                at: Timestamp(milliseconds: Int64(churnedOn) * millisecondsPerDay))
        }
        history.settle()
        return BacktestJudge(truth: .silence(days: 365), history: history, end: 3_000)
    }

    private func isRight(_ days: [Int], alerted day: Int) -> Bool? {
        judge(days).verdict(on: Self.company, alerted: day).isRight
    }

    @Test("right when the year of silence begins within a year")
    func silenceWithinTheHorizon() {
        #expect(isRight([0, 100, 300, 465], alerted: 100) == true)
        #expect(isRight([0, 100, 300, 466], alerted: 100) == false)
    }

    @Test("right when the company is silent already and stays so for a year from the alert")
    func silenceUnderWay() {
        #expect(isRight([0, 395, 600], alerted: 30) == true)
        // A silence of a year and four weeks, but 364 days of it after the alert.
        #expect(isRight([0, 394, 600], alerted: 30) == false)
    }

    @Test("silent only when the year began with the alert")
    func silent() {
        let judge = judge([0, 120])
        #expect(judge.verdict(on: Self.company, alerted: 100).isSilent == false)
        #expect(judge.verdict(on: Self.company, alerted: 100).isRight == true)
        #expect(judge.verdict(on: Self.company, alerted: 130).isSilent == true)
    }

    @Test("unknown where the log ends too soon to say")
    func tooLate() {
        #expect(isRight([0], alerted: 2_270) == true)
        #expect(isRight([0], alerted: 2_271) == nil)
    }

    @Test("the outcome churned counts as leaving, the lead to it in days")
    func outcome() {
        let verdict = judge(Array(0...1_000), churnedOn: 400).verdict(on: Self.company, alerted: 100)
        #expect(verdict.isRight == true)
        #expect(verdict.lead == 300)
    }

    @Test("lead is to the last day of use, below zero when that had come before the alert")
    func lead() {
        #expect(judge([0, 150]).verdict(on: Self.company, alerted: 100).lead == 50)
        #expect(judge([0, 150]).verdict(on: Self.company, alerted: 170).lead == -20)
    }
}
