import Testing
import UsageModel
import WireFormat

@testable import Engine

@Suite("What is counted")
struct MetricsTests {
    @Test("a histogram counts what is at most a bound into its bucket, and adds up")
    func histogram() {
        var histogram = Histogram(bounds: [1, 10])
        for value in [0.5, 1, 1.5, 10, 11] { histogram.note(value) }
        #expect(histogram.counts == [2, 2])
        #expect(histogram.count == 5)
        #expect(histogram.sum == 24)
        let family = MetricFamily("x", "y", histogram)
        #expect(family.samples.map(\.value) == ["2", "4", "5", "24", "5"])
        #expect(family.samples.map { $0.labels.first?.value } == ["1", "10", "+Inf", nil, nil])
    }

    @Test("lines are counted by source, those without one apart")
    func sources() {
        var tally = LineTally()
        tally.accept(from: .none)
        for number: UInt32 in [7, 3, 7] { tally.accept(from: SourceID(number: number)) }
        tally.recogniseDuplicate(from: SourceID(number: 3))
        tally.refuse(.conflict, from: SourceID(number: 7))
        #expect(tally.rows.map(\.source.number) == [0, 0, 7, 3])
        #expect(tally.rows.map(\.accepted) == [1, 0, 2, 1])
        #expect((tally.accepted, tally.duplicates, tally.refused(.conflict)) == (4, 1, 1))
    }

    @Test("sources beyond the hundredth are counted together")
    func manySources() {
        var tally = LineTally()
        for number in 1...UInt32(LineTally.greatestCount + 5) { tally.accept(from: SourceID(number: number)) }
        #expect(tally.rows.count == LineTally.greatestCount + 2)
        #expect(tally.rows[LineTally.besides].accepted == 5)
        #expect(tally.accepted == UInt64(LineTally.greatestCount + 5))
    }
}
