import ArgumentParser
import UsageModel

extension SharedOptions {
    /// Has the daemon record an operator's action on a flag, and prints how the flag stands then.
    fileprivate func act(_ action: String, on flag: String, _ body: JSON = .object([])) throws {
        let answer = try connect().post(RequestTarget("v1", "flags", flag, action), body)
        switch outputForm {
        case .json: StandardOutput.write(answer.text + "\n")
        case .tabSeparated: StandardOutput.write(FlagsTable.table([answer]).text(.tabSeparated))
        case .terminal(let width, let colour):
            StandardOutput.write(FlagsTable.table([answer]).text(.terminal(width: width, colour: colour)))
        }
    }
}

/// `tenure flags ack FLAG`.
struct FlagsAck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Say that somebody has seen a flag.",
        discussion: Help.text(
            "tenure flags ack F12"))

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The flag, for example F12.", completion: LiveNames.flags)
    var flag: String

    func run() throws { try shared.act("ack", on: flag) }
}

/// `tenure flags snooze FLAG`.
struct FlagsSnooze: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snooze",
        abstract: "Put a flag aside until a time; if its condition still holds then, it opens again.",
        discussion: Help.text(
            "tenure flags snooze F12 --until 7d",
            "tenure flags snooze F12 --until 2026-12-01"))

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The flag, for example F12.", completion: LiveNames.flags)
    var flag: String

    @Option(help: ArgumentHelp("A span such as 7d or 36h, a date, or an RFC 3339 time.", valueName: "time"))
    var until: String?

    /// What people type who leave the option's name out.
    @Argument(help: .hidden)
    var time: String?

    func validate() throws {
        guard (until == nil) != (time == nil) else {
            throw ValidationError("say until when, once: --until 7d, --until 2026-12-01")
        }
    }

    func run() throws {
        let end: Timestamp
        switch try TimeArgument(parsing: until ?? time ?? "", purpose: "to snooze until") {
        case .instant(let instant): end = instant
        case .span(let milliseconds): end = try shared.connect().now() + milliseconds
        }
        try shared.act("snooze", on: flag, ["until": .string(end.rfc3339)])
    }
}

/// `tenure flags wake FLAG`.
struct FlagsWake: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wake", abstract: "End a flag's snooze before its time.",
        discussion: Help.text(
            "tenure flags wake F12"))

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The flag, for example F12.", completion: LiveNames.flags)
    var flag: String

    func run() throws { try shared.act("wake", on: flag) }
}

/// `tenure flags assign FLAG OWNER`.
struct FlagsAssign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assign", abstract: "Say who looks after a flag.",
        discussion: Help.text(
            "tenure flags assign F12 maria",
            "tenure flags assign F12 --nobody"))

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The flag, for example F12.", completion: LiveNames.flags)
    var flag: String

    @Argument(help: "Who.")
    var owner: String?

    @Flag(help: "Nobody looks after it any more.")
    var nobody = false

    func validate() throws {
        guard (owner == nil) == nobody else { throw ValidationError("say who, or --nobody") }
    }

    func run() throws { try shared.act("assign", on: flag, ["owner": .optional(owner)]) }
}

/// `tenure flags note FLAG TEXT`.
struct FlagsNote: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "note", abstract: "Add a note to a flag's history.",
        discussion: Help.text(
            "tenure flags note F12 they merge two teams, call again in May"))

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The flag, for example F12.", completion: LiveNames.flags)
    var flag: String

    @Argument(help: "The note.")
    var text: [String]

    func validate() throws {
        if text.isEmpty { throw ValidationError("a note needs a text") }
    }

    func run() throws { try shared.act("note", on: flag, ["text": .string(text.joined(separator: " "))]) }
}

/// `tenure flags close FLAG --as VERDICT`.
struct FlagsClose: ParsableCommand {
    enum Verdict: String, ExpressibleByArgument, CaseIterable {
        case saved, lost
        case falseAlarm = "false_alarm"
    }

    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Close a flag, or say how one that is over had ended.",
        discussion: Help.text(
            "tenure flags close F12 --as saved",
            "tenure flags close F12 --as false_alarm",
            words: """
                A closed flag stays closed until its condition has been false once. A flag that is over already gets \
                the verdict alone; the last verdict counts, in `tenure rules` as well.
                """))

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The flag, for example F12.", completion: LiveNames.flags)
    var flag: String

    @Option(name: .customLong("as"), help: "How it ended.")
    var verdict: Verdict

    func run() throws { try shared.act("close", on: flag, ["as": .string(verdict.rawValue)]) }
}
