import UsageModel

/// A work list as Markdown (CommonMark), for chats, tickets and wikis.
enum DigestMarkdown {
    static func text(_ answer: JSON) -> String {
        let list = WorklistText(answer)
        var text = "# \(escaped(list.owner)): \(list.todo)\n\n"
        text += ([list.moment] + list.installation).map(escaped).joined(separator: " · ") + "  \n"
        text += escaped(list.changes) + "\n\n"
        for entry in list.entries { text += item(entry) }
        if list.entries.isEmpty { text += "Nothing to do.\n" }
        if list.more > 0 { text += "- … \(Quantity.whole(list.more)) more\n" }
        return text + "\n\(escaped(list.quiet))  \n\(escaped(list.record))\n"
    }

    private static func item(_ entry: WorklistEntryText) -> String {
        var head = "- **\(entry.mark) \(escaped(entry.company))** \(escaped(entry.briefs.joined(separator: "; ")))"
        if !entry.due.isEmpty { head += ", **\(entry.due)**" }
        let account = DigestWords.account(entry).map(escaped).joined(separator: ", ")
        let people = DigestWords.contact(entry).map(escaped).joined(separator: ", ")
        var lines = [head, "`\(entry.bars)` \(account)", people]
        lines += entry.reasons.map { "\(escaped($0.flag)): \(escaped($0.summary))" }
        // Two spaces at a line's end keep what follows on a line of its own.
        return lines.joined(separator: "  \n  ") + "\n"
    }

    /// Names come from outside: nothing in them may become a link or a heading.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in PrintableText.escaping(text) {
            if "\\`*_[]<>#|~&".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }
}

/// What both forms of a digest say about a company, where there is room for whole words.
enum DigestWords {
    /// `48k a year`, `renews in 34d`, `active users 21 → 9`.
    static func account(_ entry: WorklistEntryText) -> [String] {
        var parts: [String] = []
        if !entry.name.isEmpty { parts.append(entry.name) }
        if !entry.revenue.isEmpty { parts.append(entry.revenue + " a year") }
        if !entry.renews.isEmpty {
            parts.append(
                entry.renews.hasPrefix("−")
                    ? "renewal was \(entry.renews.dropFirst()) ago" : "renews in \(entry.renews)")
        }
        if !entry.usersNow.isEmpty { parts.append("active users \(entry.usersThen) → \(entry.usersNow)") }
        return parts
    }

    /// Whom to call, and when our side last did.
    static func contact(_ entry: WorklistEntryText) -> [String] {
        [entry.person.isEmpty ? "nobody to call" : "call " + entry.person, entry.email, entry.touch]
            .filter { !$0.isEmpty }
    }
}
