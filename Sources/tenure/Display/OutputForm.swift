import Glibc

/// How an answer is written.
enum OutputForm: Equatable, Sendable {
    /// For people, at most `width` columns wide where the content allows it.
    case terminal(width: Int, colour: Bool)
    /// For programs that split lines at tabs: a header line, then the same columns in raw units.
    case tabSeparated
    /// One object a line, as the daemon sent it.
    case json
}

extension OutputForm {
    /// The form for this process's standard output.
    static func standardOutput(json: Bool) -> OutputForm {
        if json { return .json }
        guard isatty(STDOUT_FILENO) == 1 else { return .tabSeparated }
        return .terminal(width: Terminal.width(of: STDOUT_FILENO), colour: Terminal.wantsColour)
    }
}

/// What this process's terminal can do.
enum Terminal {
    /// Where nothing says how wide the terminal is.
    static let defaultWidth = 80
    /// Tables below this are unreadable however they are cut.
    static let leastWidth = 40

    /// Columns of the terminal behind `descriptor`, else $COLUMNS, else 80.
    static func width(of descriptor: Int32) -> Int {
        var size = winsize()
        if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            return max(leastWidth, Int(size.ws_col))
        }
        return max(leastWidth, environment("COLUMNS").flatMap(Int.init) ?? defaultWidth)
    }

    /// Lines of the terminal behind `descriptor`, else 24, as the first ones had.
    static func height(of descriptor: Int32) -> Int {
        var size = winsize()
        return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0 ? Int(size.ws_row) : 24
    }

    /// False under `NO_COLOR` (https://no-color.org) and on a terminal that says it is dumb.
    static var wantsColour: Bool { (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb" }

    /// Progress is drawn only for a person who watches.
    static var showsProgress: Bool { isatty(STDERR_FILENO) == 1 && environment("TERM") != "dumb" }
}

/// A variable of this process's environment.
func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    return String(cString: value)
}
