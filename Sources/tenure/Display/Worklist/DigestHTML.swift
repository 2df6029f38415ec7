import UsageModel

/// A work list as one HTML page that needs nothing else: no script, no image, no font, so that it can be
/// mailed or opened from a disk.
enum DigestHTML {
    static func text(_ answer: JSON) -> String {
        let list = WorklistText(answer)
        let title = "\(list.owner): \(list.todo)"
        let items = list.entries.map(item).joined(separator: "\n")
        let more = list.more > 0 ? "<p class=quiet>… \(Quantity.whole(list.more)) more</p>\n" : ""
        let installation = ([list.moment] + list.installation).map(escaped).joined(separator: " · ")
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title))</title>
            <style>
            \(style)
            </style>
            </head>
            <body>
            <p class="\(list.isBlind ? "warning" : "quiet")">\(installation)</p>
            <h1\(list.isOverdue ? " class=overdue" : "")>\(escaped(title))</h1>
            <p>\(escaped(list.changes))</p>
            \(list.entries.isEmpty ? "<p>Nothing to do.</p>" : items)
            \(more)<p class=quiet>\(escaped(list.quiet))<br>\(escaped(list.record))</p>
            </body>
            </html>

            """
    }

    /// Colours repeat what marks and words say; both schemes of a reader's system are kept readable.
    private static let style = """
        :root { color-scheme: light dark; }
        body { font: 15px/1.45 system-ui, sans-serif; max-width: 44rem; margin: 1.5rem auto; padding: 0 1rem; }
        h1 { font-size: 1.4rem; margin: .2rem 0 .4rem; }
        p { margin: .3rem 0; }
        section { border-left: 4px solid #8a8f98; margin: 1rem 0; padding: .1rem 0 .1rem .8rem; }
        section.high { border-color: #c62828; }
        section.medium { border-color: #d9822b; }
        section.upsell { border-color: #2e7d32; }
        h2 { font-size: 1.05rem; margin: 0; }
        h2 .due { float: right; font-weight: 400; }
        .overdue, .late { color: #c62828; }
        .done { color: #2e7d32; }
        .warning { color: #b26a00; }
        .quiet { color: #6b7280; font-size: .9rem; }
        .bars { font-family: ui-monospace, "DejaVu Sans Mono", monospace; letter-spacing: .05em; color: #3f6fb5; }
        ul { margin: .3rem 0; padding-left: 1.1rem; }
        @media (prefers-color-scheme: dark) {
          .overdue, .late { color: #ff8a80; } .done { color: #81c784; } .warning { color: #ffb74d; }
          .quiet { color: #9aa0aa; } .bars { color: #8ab4f8; }
        }
        """

    private static func item(_ entry: WorklistEntryText) -> String {
        let kind = entry.mark.hasPrefix("↑") ? "upsell" : entry.mark.count == 2 ? "high" : "medium"
        let dueClass = entry.due == "done" ? "due done" : entry.dueStyle == .bad ? "due late" : "due"
        let due = entry.due.isEmpty ? "" : " <span class=\"\(dueClass)\">\(escaped(entry.due))</span>"
        let account = DigestWords.account(entry).map(escaped).joined(separator: ", ")
        let contact = DigestWords.contact(entry).map { part in
            part == entry.email ? "<a href=\"mailto:\(escaped(part))\">\(escaped(part))</a>" : escaped(part)
        }
        let reasons = entry.reasons.map { "<li>\(escaped($0.flag)): \(escaped($0.summary))</li>" }.joined()
        return """
            <section class="\(kind)">
            <h2>\(entry.mark) \(escaped(entry.company))\(due)</h2>
            <p>\(escaped(entry.briefs.joined(separator: "; ")))</p>
            <p><span class="bars">\(entry.bars)</span> \(account)</p>
            <p>\(contact.joined(separator: ", "))</p>
            <ul class="quiet">\(reasons)</ul>
            </section>
            """
    }

    /// Names come from outside: no character of theirs may become markup.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in PrintableText.escaping(text) {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
        return result
    }
}
