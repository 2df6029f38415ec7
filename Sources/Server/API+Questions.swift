import Engine
import Hummingbird
import NIOCore
import UsageModel

extension API {
    func addQuestions(to router: some RouterMethods<APIContext>) {
        addCompanyQuestions(to: router)
        addFlagQuestions(to: router)
        addRuleQuestions(to: router)
        addDaemonQuestions(to: router)
    }

    private func addCompanyQuestions(to router: some RouterMethods<APIContext>) {
        router.get("/v1/companies") { request, _ in
            let query = try QueryParameters(request.uri.query, known: ["sort", "where", "limit", "cursor"])
            let companies = CompaniesQuery(sort: query["sort"], filter: query["where"], page: try query.page())
            return Response(json: try await engine.answer(.companies(companies)))
        }
        router.get("/v1/companies/{id}") { request, context in
            _ = try QueryParameters(request.uri.query, known: [])
            return Response(json: try await engine.answer(.company(context.part("id"))))
        }
        router.get("/v1/companies/{id}/users") { request, context in
            let page = try QueryParameters(request.uri.query, known: ["limit", "cursor"]).page()
            return Response(json: try await engine.answer(.users(company: context.part("id"), page)))
        }
        router.get("/v1/companies/{id}/tasks") { request, context in
            let page = try QueryParameters(request.uri.query, known: ["limit", "cursor"]).page()
            return Response(json: try await engine.answer(.tasks(company: context.part("id"), page)))
        }
        router.get("/v1/companies/{id}/why-not/{rule}") { request, context in
            _ = try QueryParameters(request.uri.query, known: [])
            return Response(
                json: try await engine.answer(.whyNot(company: context.part("id"), rule: context.part("rule"))))
        }
    }

    private func addFlagQuestions(to router: some RouterMethods<APIContext>) {
        router.get("/v1/flags") { request, _ in
            let query = try QueryParameters(
                request.uri.query, known: ["company", "kind", "owner", "all", "withheld", "limit", "cursor"])
            let flags = FlagsQuery(
                company: query["company"], kind: query["kind"], owner: query["owner"], all: try query.flag("all"),
                withheld: try query.flag("withheld"), page: try query.page())
            return Response(json: try await engine.answer(.flags(flags)))
        }
        router.get("/v1/worklist") { request, _ in
            let query = try QueryParameters(request.uri.query, known: ["owner", "kind", "since", "limit"])
            let worklist = WorklistQuery(
                owner: query["owner"], kind: query["kind"], since: try query.instant("since"),
                limit: try query.page().limit)
            return Response(json: try await engine.answer(.worklist(worklist)))
        }
        router.get("/v1/flags/{id}") { request, context in
            _ = try QueryParameters(request.uri.query, known: [])
            return Response(json: try await engine.answer(.flag(context.part("id"))))
        }
        router.get("/v1/flags/{id}/verify") { request, context in
            _ = try QueryParameters(request.uri.query, known: [])
            return Response(json: try await engine.verify(flag: context.part("id")))
        }
    }

    private func addRuleQuestions(to router: some RouterMethods<APIContext>) {
        router.get("/v1/rules") { request, _ in
            _ = try QueryParameters(request.uri.query, known: [])
            return Response(json: try await engine.answer(.rules))
        }
        router.get("/v1/rules/{name}/test") { request, context in
            let company = try Self.testedCompany(QueryParameters(request.uri.query, known: ["company"]))
            let test = RuleTestQuery(rule: try context.part("name"), company: company)
            return Response(json: try await engine.answer(.ruleTest(test)))
        }
        router.post("/v1/rules/{name}/test") { request, context in
            let company = try Self.testedCompany(QueryParameters(request.uri.query, known: ["company"]))
            let body = try await body(of: request)
            guard let text = body["text"]?.stringValue else {
                throw RequestRefusal.badRequest("the body needs \"text\": the rule file")
            }
            let file = RulesSource(fileName: body["file"]?.stringValue ?? "the body", text: text)
            let test = RuleTestQuery(rule: try context.part("name"), company: company, file: file)
            return Response(json: try await engine.answer(.ruleTest(test)))
        }
    }

    private func addDaemonQuestions(to router: some RouterMethods<APIContext>) {
        router.get("/v1/status") { request, context in
            let query = try QueryParameters(request.uri.query, known: ["digest"])
            let status = try await engine.answer(.status(digest: query.flag("digest")))
            return Response(json: surroundings.complete(status, for: context.caller))
        }
        router.get("/v1/rejects") { request, _ in
            let page = try QueryParameters(request.uri.query, known: ["limit", "cursor"]).page()
            return Response(json: try await engine.answer(.rejects(page)))
        }
        router.get("/v1/verify") { request, _ in
            _ = try QueryParameters(request.uri.query, known: [])
            return Response(json: try await engine.verify())
        }
        router.get("/v1/config") { request, _ in
            _ = try QueryParameters(request.uri.query, known: [])
            return Response(json: surroundings.configuration())
        }
        router.get("/metrics") { request, _ in
            let query = try QueryParameters(request.uri.query, known: ["companies"])
            let families = try await engine.metrics(withCompanies: query.flag("companies")) + surroundings.metrics
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: MetricsText.text(families))))
        }
    }

    private static func testedCompany(_ query: QueryParameters) throws(RequestRefusal) -> String {
        guard let company = query["company"] else {
            throw .badRequest("company=ID is needed: a rule is tested in one company")
        }
        return company
    }
}
