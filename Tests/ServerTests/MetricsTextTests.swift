import Engine
import Testing

@testable import Server

@Suite("Prometheus text")
struct MetricsTextTests {
    @Test("labels are quoted and escaped, help is not cut at a line feed")
    func escaping() {
        var family = MetricFamily("x_total", .counter, "a\nb \"c\" \\")
        family.add(3, ("source", "a\"b\\c\nd"), ("code", "é"))
        #expect(
            MetricsText.text([family]) == #"""
                # HELP x_total a\nb "c" \\
                # TYPE x_total counter
                x_total{source="a\"b\\c\nd",code="é"} 3

                """#)
    }

    @Test("a family without samples is left out")
    func empty() {
        #expect(MetricsText.text([MetricFamily("x", .gauge, "y")]) == "")
    }

    @Test("this process has memory, files and threads")
    func process() {
        let figures = ProcessFigures.now()
        #expect(figures.residentBytes > 1 << 20)
        #expect(figures.openFiles >= 3 && figures.openFiles <= figures.openFilesLimit)
        #expect(figures.threads >= 1)
        #expect(figures.processorSeconds > 0)
    }
}
