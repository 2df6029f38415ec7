/// Why a configuration cannot be used: every mistake at once, each with its place.
struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// One mistake, as compilers write it.
    struct Mistake: Equatable, CustomStringConvertible {
        /// Nil when the mistake is no single file's.
        var file: String?
        /// From 1; nil when the mistake has no place in the file.
        var line: Int?
        var column: Int?
        var message: String

        var description: String {
            guard var place = file else { return message }
            if let line { place += ":\(line)" }
            if let line, line > 0, let column { place += ":\(column)" }
            return "\(place): \(message)"
        }
    }

    var mistakes: [Mistake]

    init(mistakes: [Mistake]) { self.mistakes = mistakes }

    init(_ message: String) { mistakes = [Mistake(message: message)] }

    var description: String { mistakes.map(\.description).joined(separator: "\n") }
}
