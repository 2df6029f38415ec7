import Portraits
import Rules
import UsageModel
import WireFormat

/// Answers to questions, built on the writer's thread from the live state.
extension Writer {
    func answer(_ question: Question) throws(QuestionError) -> JSON {
        switch question {
        case .status(let digest): try digest ? statusOfBlocks() : status
        case .companies(let query): try companies(query)
        case .company(let name): CompanyCard(writer: self, portrait: try portrait(named: name)).json
        case .users(let company, let page): try users(of: company, page)
        case .tasks(let company, let page): try tasks(of: company, page)
        case .flags(let query): try flagList(query)
        case .worklist(let query): try Worklist(writer: self, query: query).json
        case .flag(let id): try flagDetail(id)
        case .whyNot(let company, let rule): try whyNot(company, rule)
        case .ruleTest(let query): try ruleTest(query)
        case .rules: rulesAnswer
        case .rejects(let page): try rejectList(page)
        }
    }

    /// In one piece; the engine makes it in several.
    private func companies(_ query: CompaniesQuery) throws(QuestionError) -> JSON {
        let list = try CompanyList(writer: self, query: query)
        while list.addPiece() {}
        return try list.json()
    }

    func company(named name: String) throws(QuestionError) -> CompanyID {
        guard let id = names.find(name, as: CompanyID.self), portraits.portrait(id) != nil else {
            let known = portraits.companies().prefix(Self.companiesCompared).lazy.map { [names] in names.name($0) }
            throw .notFound("there is no company \"\(name)\"; `tenure companies` lists them all", name, known)
        }
        return id
    }

    /// Names compared with a mistyped one: some milliseconds, in which the writer does nothing else.
    private static let companiesCompared = 20_000

    func portrait(named name: String) throws(QuestionError) -> CompanyPortrait {
        let id = try company(named: name)
        guard let portrait = portraits.portrait(id) else {
            throw .notFound("there is no company \"\(name)\"")
        }
        return portrait
    }

    private func users(of company: String, _ page: Page) throws(QuestionError) -> JSON {
        let card = CompanyCard(writer: self, portrait: try portrait(named: company))
        return try page.list("users", card.portrait.users(at: card.moment)) { card.user($0) }
    }

    private func tasks(of company: String, _ page: Page) throws(QuestionError) -> JSON {
        let card = CompanyCard(writer: self, portrait: try portrait(named: company))
        return try page.list("tasks", card.portrait.tasks(at: card.moment)) { card.task($0) }
    }

    private func rejectList(_ page: Page) throws(QuestionError) -> JSON {
        guard let after = UInt64(page.cursor ?? "0") else { throw page.badCursor }
        let rejects = self.rejects.after(after, limit: page.limit)
        let rows = rejects.map { reject in
            JSON.object([
                .init("number", .int(reject.number)), .init("time", .string(reject.time.rfc3339)),
                .init("code", .string(reject.error.code)), .init("detail", .string(reject.detail)),
                .init("line", .int(reject.line)), .init("sender", .string(reject.sender)),
                .init("text", .string(reject.text)),
            ])
        }
        let next = rejects.last.flatMap { $0.number < self.rejects.count ? JSON.string(String($0.number)) : nil }
        return .object([.init("rejects", .array(rows)), .init("next", next ?? .null)])
    }
}

extension Page {
    var badCursor: QuestionError {
        .badRequest("cursor \"\(cursor ?? "")\" is none that this list gave; start without one")
    }

    /// Rows before the page, as the cursor says.
    func offset() throws(QuestionError) -> Int {
        guard let offset = Int(cursor ?? "0"), offset >= 0 else { throw badCursor }
        return offset
    }

    /// The page of `rows` behind the cursor, which is an offset.
    func list<Row>(
        _ name: String, _ rows: [Row], _ json: (Row) throws(QuestionError) -> JSON
    ) throws(QuestionError) -> JSON {
        let offset = try offset()
        let start = min(offset, rows.count)
        let end = start + min(limit, rows.count - start)
        var page: [JSON] = []
        for index in start..<end { page.append(try json(rows[index])) }
        return .object([
            .init(name, .array(page)), .init("next", end < rows.count ? .string(String(end)) : .null),
        ])
    }
}
