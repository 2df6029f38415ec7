import UsageModel

// What one needs before a call: who they are to us, and whom to ask for.
extension CompanyCard {
    func head(_ page: inout Page) {
        let id = card.at("company")?.stringValue ?? ""
        let name = card.at("name")?.stringValue.map { $0 == id ? "" : "  " + $0 } ?? ""
        page.title(id + name, right: Quantity.instant(now) + " UTC")
        page.line(account)
        page.line(standing)
    }

    /// Owner, revenue, renewal: what our own side knows.
    private var account: [(text: String, style: Style)] {
        var facts: [(String, Style)] = []
        if let owner = card.at("account", "owner")?.stringValue { facts.append(("owner " + owner, .plain)) }
        if let revenue = card.at("account", "revenue")?.doubleValue {
            facts.append((Quantity.short(revenue) + " a year", .plain))
        }
        if let days = card.at("account", "renews_in_days")?.intValue {
            let date = " (" + (card.at("account", "renewal")?.stringValue ?? "") + ")"
            if days >= 0 {
                facts.append(("renews in \(Quantity.whole(days)) d" + date, days <= Self.soonDays ? .warning : .plain))
            } else {
                facts.append(("renewal was \(Quantity.whole(-days)) d ago" + date, .plain))
            }
        }
        if let outcome = card.at("outcome")?.stringValue {
            facts.append(("outcome " + outcome, outcome == "churned" ? .bad : .plain))
        }
        return facts
    }

    /// Two months are what it takes to turn a round.
    private static let soonDays = 60

    private var standing: [(text: String, style: Style)] {
        var facts: [(String, Style)] = []
        if let stage = card.at("stage")?.stringValue { facts.append(("stage " + stage, .plain)) }
        let segments = (card.at("segments")?.arrayValue ?? []).compactMap(\.stringValue)
        if !segments.isEmpty { facts.append(("segments " + segments.joined(separator: ", "), .plain)) }
        if let age = card.at("age_days")?.doubleValue { facts.append(("used for " + Quantity.days(age), .plain)) }
        if card.at("last_activity") != nil {
            facts.append(("last used " + Quantity.since(card.at("last_activity")?.stringValue, now: now), .plain))
        } else {
            facts.append(("never used", .warning))
        }
        facts.append(("zone " + (card.at("zone")?.stringValue ?? "UTC"), .plain))
        return facts
    }

    /// Whom to call first, why them, and when our side last did.
    func call(_ page: inout Page) {
        guard let callee = card.at("call") else { return }
        page.section("Call")
        let user = callee.at("user")?.stringValue ?? ""
        let email = callee.at("email")?.stringValue
        let name = callee.at("name")?.stringValue ?? user
        let role = callee.at("role")?.stringValue
        let parts = (callee.at("as")?.arrayValue ?? []).compactMap(\.stringValue).map(FlagPage.part)
        let seen = callee.at("last").map { "last here " + Quantity.since($0.stringValue, now: now) } ?? "never here"
        page.line([(name, .heading)] + ([role].compactMap { $0 } + parts + [seen]).map { ($0, .plain) })
        let touch =
            card.at("last_touch").map { "our side last in touch " + Quantity.since($0.stringValue, now: now) }
            ?? "our side has never been in touch"
        page.line([email, touch].compactMap { $0 }.map { ($0, .plain) })
    }
}
