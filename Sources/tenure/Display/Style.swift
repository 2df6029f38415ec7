/// What a piece of text says about state. Colour repeats what the words say and never stands alone.
enum Style: Sendable, Equatable {
    case plain
    case heading
    case faint
    case good
    case warning
    case bad

    /// The SGR parameters (ECMA-48); the sixteen colours that every theme defines.
    private var code: String? {
        switch self {
        case .plain: nil
        case .heading: "1"
        case .faint: "2"
        case .good: "32"
        case .warning: "33"
        case .bad: "1;31"
        }
    }

    /// `text` in this style, or as it is without colour.
    func apply(to text: String, colour: Bool) -> String {
        guard colour, let code, !text.isEmpty else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}

extension Style {
    /// The style of a flag's severity.
    init(severity: String?) {
        switch severity {
        case "high": self = .bad
        case "medium": self = .warning
        default: self = .plain
        }
    }
}
