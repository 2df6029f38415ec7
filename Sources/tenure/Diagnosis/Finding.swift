/// One thing that was looked at: how it is, and what to do about it.
struct Finding: Equatable {
    enum Level: Int, Comparable {
        case good
        case warning
        case problem

        static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    var level: Level
    /// What was looked at, in a word.
    var subject: String
    /// How it is, in one sentence without a full stop.
    var message: String
    /// What to do, in one line; nil when nothing need be done.
    var remedy: String?

    static func good(_ subject: String, _ message: String) -> Finding {
        Finding(level: .good, subject: subject, message: message)
    }

    static func warning(_ subject: String, _ message: String, _ remedy: String) -> Finding {
        Finding(level: .warning, subject: subject, message: message, remedy: remedy)
    }

    static func problem(_ subject: String, _ message: String, _ remedy: String) -> Finding {
        Finding(level: .problem, subject: subject, message: message, remedy: remedy)
    }
}
