import Engine
import Testing
import UsageModel
import WireFormat

@testable import Server

@Suite("Questions over HTTP", .serialized)
struct HTTPListenerTests {
    private let lines = """
        {"company":"a/b c","user":"u1","task":"export","id":"1","time":"2026-03-01T10:00:00Z"}
        not a line
        {"company":"acme","user":"u2","task":"export","id":"2","time":"2026-03-02T10:00:00Z"}
        """

    private func daemon<R: Sendable>(
        _ configuration: IngestConfiguration = IngestConfiguration(),
        _ body: @escaping @Sendable (TestDaemon) async throws -> R
    ) async throws -> R {
        try await withTemporaryDirectory {
            try await TestDaemon.run(configuration: configuration, in: $0, body)
        }
    }

    @Test("posted lines are settled when the answer comes, and refused ones are listed in it")
    func post() async throws {
        let (answer, card) = try await daemon { daemon in
            (
                try await daemon.request("POST", "/v1/events", body: lines),
                try await daemon.request("GET", "/v1/companies/a%2Fb%20c")
            )
        }
        #expect(answer.status == 200)
        #expect(answer.json["ack"]?.intValue == 3)
        let errors = answer.json["errors"]?.arrayValue ?? []
        #expect(errors.count == 1)
        #expect(errors.first?["line"]?.intValue == 2)
        #expect(card.status == 200)
        #expect(card.json["company"]?.stringValue == "a/b c")
    }

    @Test(
        "every path of the interface answers",
        arguments: [
            "/healthz", "/metrics", "/v1/status", "/v1/status?digest=1", "/v1/companies?limit=1", "/v1/companies/acme",
            "/v1/companies/acme/users", "/v1/companies/acme/tasks", "/v1/companies/acme/events", "/v1/flags?all=1",
            "/v1/rules", "/v1/rejects", "/v1/events?from=1", "/v1/verify",
        ])
    func paths(target: String) async throws {
        let answer = try await daemon { daemon in
            _ = try await daemon.request("POST", "/v1/events", body: lines)
            return try await daemon.request("GET", target)
        }
        #expect(answer.status == 200, "\(answer.text)")
        if target.hasPrefix("/v1") { #expect(answer.json.members?.isEmpty == false) }
    }

    @Test(
        "an error has its status, and one body that every client library can read",
        arguments: [
            ("GET", "/v1/nothing", "", 404, "not_found"), ("GET", "/v1/companies/nobody", "", 404, "not_found"),
            ("GET", "/v1/flags/F99", "", 404, "not_found"), ("GET", "/v1/companies?limit=x", "", 400, "bad_request"),
            ("GET", "/v1/companies?where=%28", "", 400, "bad_request"),
            ("GET", "/v1/companies/%FF", "", 400, "bad_request"),
            ("POST", "/v1/flags/F1/snooze", "{}", 400, "bad_request"),
            ("POST", "/v1/flags/F1/note", "{", 400, "bad_request"),
            ("POST", "/v1/flags/F1/dance", "", 404, "not_found"),
            ("POST", "/v1/flags/F1/ack", "", 404, "not_found"),
        ])
    func errors(method: String, target: String, body: String, status: Int, code: String) async throws {
        let answer = try await daemon { try await $0.request(method, target, body: body) }
        #expect(answer.status == status, "\(answer.text)")
        #expect(answer.json["code"]?.stringValue == code)
        for name in ["message", "error", "detail"] { #expect(answer.json[name]?.stringValue?.isEmpty == false) }
    }

    @Test("a body beyond the limit is refused before any of it is taken")
    func tooLarge() async throws {
        var configuration = IngestConfiguration()
        configuration.limits.bodyBytes = 100
        let (answer, status) = try await daemon(configuration) { daemon in
            (
                try await daemon.request("POST", "/v1/events", body: lines),
                try await daemon.engine.answer(.status(digest: false))
            )
        }
        #expect(answer.status == 413)
        #expect(answer.json["detail"]?.stringValue?.contains("limits.body") == true)
        #expect(status["events"]?.intValue == 0)
    }

    @Test("a subscriber gets what is there, then what comes, and a notice when the daemon stops")
    func follow() async throws {
        let (first, second, client) = try await daemon { daemon in
            _ = try await daemon.request("POST", "/v1/events", body: lines)
            let client = try TestClient(path: daemon.httpPath)
            try await client.send("GET /v1/events?from=1&follow=1 HTTP/1.1\r\nHost: l\r\n\r\n")
            let first = try await client.receive(until: "acme")
            let late = "{\"company\":\"late\",\"task\":\"t\",\"time\":\"2026-03-03T10:00:00Z\"}"
            _ = try await daemon.request("POST", "/v1/events", body: late)
            return (first, try await client.receive(until: "late"), client)
        }
        #expect(first.contains("a/b c"))
        #expect(second.contains("\"late\""))
        let end = try await client.receiveAll()
        client.close()
        #expect(end.contains("\"notice\":\"the daemon stops\""))
    }

    @Test("a subscriber that names kinds gets each record of them once, in order, and nothing else")
    func followKinds() async throws {
        let (text, all) = try await daemon { daemon in
            let client = try TestClient(path: daemon.httpPath)
            try await client.send("GET /v1/events?from=1&follow=1&kind=group,leave HTTP/1.1\r\nHost: l\r\n\r\n")
            for number in 1...40 {
                let time = "2026-03-01T10:00:\(number + 10)Z"
                let event = "{\"company\":\"c\(number)\",\"user\":\"u\",\"task\":\"t\",\"time\":\"\(time)\"}\n"
                let leave = "{\"type\":\"leave\",\"company\":\"c\(number)\",\"user\":\"u\",\"time\":\"\(time)\"}\n"
                _ = try await daemon.request("POST", "/v1/events", body: number % 4 == 0 ? event + leave : event)
            }
            let text = try await client.receive(until: "\"c40\"")
            client.close()
            return (text, try await daemon.request("GET", "/v1/events?limit=1000").json)
        }
        let wanted = (all["events"]?.arrayValue ?? []).filter { $0["type"]?.stringValue == "leave" }
        #expect(wanted.count == 10)
        let lines = text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("{") }
        #expect(lines.map(String.init) == wanted.map(\.text))
    }

    @Test("a list that names kinds has those records alone, page by page, also of one company")
    func listKinds() async throws {
        let (pages, company, refusal) = try await daemon { daemon in
            let group = #"{"type":"group","groupId":"acme","traits":{"seats":1},"timestamp":"2026-03-03T10:00:00Z"}"#
            for _ in 0..<3 { _ = try await daemon.request("POST", "/v1/events", body: lines + "\n" + group) }
            var pages: [[String]] = []
            var cursor: Int? = 1
            while let from = cursor, pages.count < 100 {
                let page = try await daemon.request("GET", "/v1/events?kind=group&limit=2&cursor=\(from)").json
                pages.append(page["events"]?.arrayValue?.compactMap { $0["type"]?.stringValue } ?? [])
                cursor = page["next"]?.intValue
            }
            let company = try await daemon.request("GET", "/v1/companies/acme/events?kind=track").json
            return (pages, company, try await daemon.request("GET", "/v1/events?kind=flag"))
        }
        #expect(pages == [["group", "group"], ["group"]])
        #expect(company["events"]?.arrayValue?.map { $0["id"]?.stringValue } == ["2"])
        #expect(refusal.status == 400)
        #expect(refusal.json["detail"]?.stringValue?.contains("move") == true)
    }

    @Test("records are paged by seq")
    func records() async throws {
        let pages = try await daemon { daemon in
            _ = try await daemon.request("POST", "/v1/events", body: lines)
            var pages: [[Int]] = []
            var cursor: Int? = 1
            while let from = cursor, pages.count < 100 {
                let page = try await daemon.request("GET", "/v1/events?limit=2&cursor=\(from)").json
                pages.append(page["events"]?.arrayValue?.compactMap { $0["seq"]?.intValue } ?? [])
                cursor = page["next"]?.intValue
            }
            return pages
        }
        let seqs = pages.flatMap { $0 }
        #expect(seqs == Array(1...seqs.count))
        #expect(pages.dropLast().allSatisfy { $0.count == 2 })
    }

    @Test("metrics are Prometheus text: each family once, with its type before its samples")
    func metrics() async throws {
        let text = try await daemon { daemon in
            _ = try await daemon.request("POST", "/v1/events", body: lines)
            return try await daemon.request("GET", "/metrics").text
        }
        let families = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
        #expect(families.count > 20)
        #expect(Set(families).count == families.count)
        #expect(text.contains("# TYPE tenure_events_accepted_total counter"))
        #expect(text.contains("\ntenure_connections{listener=\"ingest\"} 0\n"))
        #expect(text.contains("\ntenure_connections{listener=\"http\"} 1\n"))
        #expect(text.contains("\ntenure_commit_duration_seconds_bucket{le=\"+Inf\"} "))
        #expect(text.contains("\nprocess_resident_memory_bytes "))
        #expect(!text.contains("company="))
    }

    @Test("metrics of companies are there for who asks")
    func companyMetrics() async throws {
        let text = try await daemon { daemon in
            _ = try await daemon.request("POST", "/v1/events", body: lines)
            return try await daemon.request("GET", "/metrics?companies=1").text
        }
        #expect(text.contains("tenure_company_active_users_28d{company=\"acme\"} "))
    }

    @Test("an answer has its date and its server's name")
    func headers() async throws {
        let answer = try await daemon { daemon in
            let client = try TestClient(path: daemon.httpPath)
            defer { client.close() }
            try await client.send("GET /healthz HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n")
            return try await client.receiveAll().lowercased()
        }
        #expect(answer.contains("\r\nserver: tenured\r\n"))
        #expect(answer.contains(" gmt\r\n"))
    }

    @Test("a date is written as HTTP has it")
    func date() {
        #expect(HTTPDate.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}
