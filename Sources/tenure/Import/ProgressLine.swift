import Glibc

/// What a progress line says. Pure.
struct Progress: Equatable, Sendable {
    /// Of the file's bytes; nil where nobody knows how much will come.
    var share: Double?
    var rows: Int
    var refused: Int
    var seconds: Double

    private static let gaugeWidth = 20

    /// One line of at most `width` columns.
    func text(width: Int) -> String {
        var parts: [String] = []
        if let share {
            parts.append(Sparkline.gauge(share, columns: Self.gaugeWidth) + " " + Quantity.percent(share))
        }
        parts.append(Quantity.count(rows, "row"))
        if seconds > 0 { parts.append(Quantity.whole(Int(Double(rows) / seconds)) + "/s") }
        if refused > 0 { parts.append(Quantity.whole(refused) + " refused") }
        if let share, share > 0.01, share < 1 {
            parts.append(Quantity.seconds(seconds * (1 - share) / share) + " left")
        }
        return PrintableText.cut(parts.joined(separator: "  "), to: width)
    }
}

/// A line on standard error that is drawn over itself; nothing where nobody watches.
final class ProgressLine {
    /// Often enough to look alive, seldom enough to cost nothing.
    private static let intervalSeconds = 0.1

    private let isShown = Terminal.showsProgress
    private let width = Terminal.width(of: STDERR_FILENO) - 1
    private var drawnAt = -Double.infinity
    private var isDrawn = false

    /// Draws `text` when the last drawing is long enough ago.
    func show(at seconds: Double, _ text: (Int) -> String) {
        guard isShown, seconds - drawnAt >= Self.intervalSeconds else { return }
        drawnAt = seconds
        isDrawn = true
        StandardError.write("\r\u{1B}[K" + text(width))
    }

    /// Makes room for other output.
    func clear() {
        guard isDrawn else { return }
        isDrawn = false
        drawnAt = -.infinity
        StandardError.write("\r\u{1B}[K")
    }
}

/// Time that only moves forward, for rates and waits.
struct Stopwatch {
    private let start = ContinuousClock.now

    var seconds: Double {
        let elapsed = ContinuousClock.now - start
        return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    }
}
