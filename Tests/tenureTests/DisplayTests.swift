import Testing

@testable import tenure

@Suite("Numbers, times and bars")
struct DisplayTests {
    @Test("no use is the lowest bar, any use is higher, unknown is blank")
    func sparkline() {
        #expect(Sparkline.text([0, 1, 100, nil]) == "▁▂█ ")
        #expect(Sparkline.text([0, 0]) == "▁▁")
        #expect(Sparkline.text([5, 5]) == "██")
        #expect(Sparkline.text([]) == "")
    }

    @Test("grouping keeps the newest group whole and the sum unchanged")
    func grouped() {
        let (values, size) = Sparkline.grouped([1, 2, 3, 4, 5, 6, 7], columns: 4)
        #expect(size == 2)
        #expect(values == [1, 5, 9, 13])
        #expect(Sparkline.grouped([1, 2], columns: 4).size == 1)
    }

    @Test(
        "whole numbers have their thousands apart",
        arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "−1,234,567")])
    func whole(value: Int, text: String) { #expect(Quantity.whole(value) == text) }

    @Test(
        "decimals lose trailing zeros and never say minus zero",
        arguments: [
            (0.5, 1, "0.5"), (2.0, 2, "2"), (-0.04, 1, "0"), (1_234.567, 2, "1,234.57"), (0.009, 2, "0.01"),
            (1e300, 1, "1e+300"),
        ])
    func decimal(value: Double, decimals: Int, text: String) {
        #expect(Quantity.decimal(value, decimals: decimals) == text)
    }

    @Test(
        "spans of days name one telling unit",
        arguments: [
            (0.0, "0 min"), (0.02, "28 min"), (0.5, "12 h"), (3.21, "3.2 d"), (9.96, "10 d"), (82.4, "82 d"),
            (3_256.0, "8.9 y"),
        ])
    func days(value: Double, text: String) { #expect(Quantity.days(value) == text) }

    @Test("change needs something to compare with")
    func change() {
        #expect(Quantity.change(5, from: 10) == "−50 %")
        #expect(Quantity.change(15, from: 10) == "+50 %")
        #expect(Quantity.change(10, from: 10) == "0 %")
        #expect(Quantity.change(10, from: 0) == "–")
        #expect(Quantity.change(nil, from: 10) == "–")
    }

    @Test("what is unknown is a dash and never 0")
    func unknown() {
        #expect(Quantity.whole(nil) == "–")
        #expect(Quantity.percent(nil) == "–")
        #expect(Quantity.percent(.nan) == "–")
        #expect(Quantity.days(.infinity) == "–")
        #expect(Quantity.instant(nil) == "–")
    }

    @Test("times are told from now, before and behind it")
    func since() {
        #expect(Quantity.since("2026-11-21T10:00:00Z", now: "2026-11-22T22:00:00Z") == "1.5 d ago")
        #expect(Quantity.since("2026-11-24T10:00:00Z", now: "2026-11-22T10:00:00Z") == "in 2 d")
    }

    @Test("control characters and marks that reorder text become escapes")
    func escaping() {
        #expect(PrintableText.escaping("a\tb\nc\u{1B}[31m\u{202E}") == "a\\tb\\nc\\u{1b}[31m\\u{202e}")
        #expect(PrintableText.escaping("Zoë 東京") == "Zoë 東京")
    }

    @Test("width counts columns, not characters")
    func width() {
        #expect(PrintableText.width(of: "東京") == 4)
        #expect(PrintableText.width(of: "e\u{301}") == 1)
        #expect(PrintableText.cut("東京商事", to: 5) == "東京…")
        #expect(PrintableText.cut("abc", to: 3) == "abc")
    }

    @Test("text is wrapped at spaces and a long word stands alone")
    func wrapping() {
        #expect(PrintableText.wrapped("one two three", to: 7) == ["one two", "three"])
        #expect(PrintableText.wrapped("incomprehensible word", to: 5) == ["incomprehensible", "word"])
    }

    @Test("a progress line says share, rows, rate, refusals and what is left")
    func progress() {
        let state = Progress(share: 0.5, rows: 10_000, refused: 3, seconds: 10)
        #expect(
            state.text(width: 80) == "██████████░░░░░░░░░░ 50 %  10,000 rows  1,000/s  3 refused  10 s left")
        #expect(Progress(share: nil, rows: 1, refused: 0, seconds: 0).text(width: 80) == "1 row")
        #expect(state.text(width: 10).count <= 10)
    }
}
