import Glibc

/// An answer that is drawn over the one before. On anything but a terminal answers follow each other.
///
/// Uses the terminal's second screen, as `watch` and `less` do, so that the first one is as it was
/// afterwards; the last answer is then written there.
final class WatchedScreen {
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private var last = ""
    private var isOpen = false

    // Control sequences of ECMA-48 and xterm.
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l"
    private static let leave = "\u{1B}[?25h\u{1B}[?1049l"
    private static let home = "\u{1B}[H"
    private static let clearToLineEnd = "\u{1B}[K"
    private static let clearBelow = "\u{1B}[J"

    /// Draws `text`, cut to the terminal's height.
    func show(_ text: String) {
        last = text
        guard isTerminal else { return StandardOutput.write(text) }
        draw(text, note: "Ctrl-C ends")
    }

    /// Keeps the last answer and says below it why there is no newer one.
    func note(_ words: String) {
        guard isTerminal else { return StandardError.write(words + "\n") }
        draw(last, note: words)
    }

    func close() {
        guard isOpen else { return }
        isOpen = false
        StandardOutput.write(Self.leave + last)
    }

    private func draw(_ text: String, note: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        let room = max(1, Terminal.height(of: STDOUT_FILENO) - 1)
        var foot = note
        if lines.count > room {
            foot = "\(lines.count - room) more lines do not fit; " + note
            lines.removeLast(lines.count - room)
        }
        var frame = isOpen ? "" : Self.enter
        isOpen = true
        frame += Self.home
        for line in lines { frame += line + Self.clearToLineEnd + "\n" }
        let colour = Terminal.wantsColour
        let cutFoot = PrintableText.cut(
            PrintableText.escaping(foot), to: Terminal.width(of: STDOUT_FILENO) - 1)
        frame += Style.faint.apply(to: cutFoot, colour: colour) + Self.clearToLineEnd + Self.clearBelow
        StandardOutput.write(frame)
    }
}
