import ArgumentParser
import UsageModel

/// `tenure clock`.
struct ClockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock", abstract: "The daemon's clock when it leapt and is not believed.",
        discussion: Help.text(
            "tenure status",
            "tenure clock accept"),
        subcommands: [ClockAccept.self])
}

/// `tenure clock accept`.
struct ClockAccept: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Believe the machine's clock after a leap: what the leap makes true is raised at once.",
        discussion: Help.text(
            "date; tenure clock accept",
            words: "`tenure status` says when the clock is held. Look at `date` first: this cannot be taken back."))

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let answer = try shared.connect().post(RequestTarget("v1", "clock", "accept"), .object([]))
        switch shared.outputForm {
        case .json: StandardOutput.write(answer.text + "\n")
        case .tabSeparated: StandardOutput.write(answer.tabSeparatedPaths)
        case .terminal:
            StandardOutput.write("accepted: it is \(Quantity.instant(answer.at("now")?.stringValue)) UTC\n")
        }
    }
}
