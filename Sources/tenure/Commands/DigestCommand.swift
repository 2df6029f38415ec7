import ArgumentParser
import UsageModel

/// `tenure digest`.
struct DigestCommand: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case text, md, html }

    static let configuration = CommandConfiguration(
        commandName: "digest",
        abstract: "A week's work about flags, for mail, chat or cron: what to do, whom to call, what has changed.",
        discussion: Help.text(
            "tenure digest --owner maria",
            "tenure digest --format html | mail -a 'Content-Type: text/html' -s Work maria",
            "tenure digest --owner maria --since 1d --format md",
            "tenure digest --json | jq '.entries[].company'",
            words: """
                The same as `tenure flags --owner NAME` shows on a terminal. Companies stand in order of severity, \
                then of revenue; whatever is new since --since is marked. --json gives the whole as one object.
                """))

    @OptionGroup var shared: SharedOptions
    @OptionGroup var limit: LimitOption

    @Option(help: ArgumentHelp("Whose companies; without it everybody's.", valueName: "name"))
    var owner: String?

    @Option(
        help: ArgumentHelp(
            "From when on things are new: a span, date or time. Default: the Monday before today.", valueName: "time"))
    var since: String?

    @Option(help: "Plain text, Markdown, or a page of HTML that needs nothing else.")
    var format = Format.text

    func run() throws {
        let connection = try shared.connect()
        let list = try connection.worklist(owner: owner, kind: nil, since: since, limit: limit.count)
        if shared.json { return StandardOutput.write(list.text + "\n") }
        switch format {
        case .md: StandardOutput.write(DigestMarkdown.text(list))
        case .html: StandardOutput.write(DigestHTML.text(list))
        case .text:
            switch shared.outputForm {
            case .terminal(let width, let colour):
                StandardOutput.write(WorklistScreen.text(list, width: width, height: nil, colour: colour))
            case .tabSeparated, .json:
                // A mail or a file is read by people as well.
                StandardOutput.write(
                    WorklistScreen.text(list, width: Terminal.defaultWidth, height: nil, colour: false))
            }
        }
    }
}

extension HTTPConnection {
    /// What `owner` has to do; everybody's without one.
    ///
    /// - Parameters:
    ///   - since: from when on things are new, as people type it.
    ///   - limit: companies at most; nil for all.
    func worklist(owner: String?, kind: String?, since: String?, limit: Int?) throws -> JSON {
        let start: Timestamp? =
            switch try since.map({ try TimeArgument(parsing: $0, purpose: "to look back to") }) {
            case nil: nil
            case .instant(let instant): instant
            case .span(let milliseconds): try now() + -milliseconds
            }
        let target = RequestTarget("v1", "worklist").with("owner", owner).with("kind", kind)
            .with("since", start?.rfc3339).with("limit", String(limit ?? Self.worklistLimit))
        return try get(target)
    }

    /// As many companies as the daemon puts into one answer.
    private static let worklistLimit = 10_000
}
