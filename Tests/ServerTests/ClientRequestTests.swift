import Clients
import Engine
import Testing
import UsageModel

@testable import Server

@Suite("Other systems' clients over HTTP", .serialized)
struct ClientRequestTests {
    private func daemon<R: Sendable>(
        _ configuration: IngestConfiguration = IngestConfiguration(),
        _ body: @escaping @Sendable (TestDaemon) async throws -> R
    ) async throws -> R {
        try await withTemporaryDirectory {
            try await TestDaemon.run(configuration: configuration, in: $0, body)
        }
    }

    private static let bodies: [(target: String, body: String, status: Int, task: String)] = [
        ("/v1/batch", #"{"batch":[{"type":"track","event":"a","userId":"u","groupId":"acme"}]}"#, 200, "a"),
        ("/v1/import", #"{"batch":[{"type":"track","event":"b","userId":"u","groupId":"acme"}]}"#, 200, "b"),
        ("/v1/track", #"{"event":"c","userId":"u","groupId":"acme"}"#, 200, "c"),
        ("/v1/page", #"{"name":"d","userId":"u","groupId":"acme"}"#, 200, "d"),
        ("/v1/screen", #"{"name":"e","userId":"u","groupId":"acme"}"#, 200, "e"),
        (
            "/batch/", #"{"batch":[{"event":"f","distinct_id":"u","properties":{"$groups":{"company":"acme"}}}]}"#, 200,
            "f"
        ),
        (
            "/batch", #"{"batch":[{"event":"g","distinct_id":"u","properties":{"$groups":{"company":"acme"}}}]}"#, 200,
            "g"
        ),
        ("/capture/", #"{"event":"h","distinct_id":"u","properties":{"$groups":{"company":"acme"}}}"#, 200, "h"),
        ("/i/v0/e/", #"{"event":"i","distinct_id":"u","properties":{"$groups":{"company":"acme"}}}"#, 200, "i"),
        (
            "/i/v1/analytics/events",
            #"{"batch":[{"event":"j","uuid":"x","distinct_id":"u","properties":{"$groups":{"company":"acme"}}}]}"#, 200,
            "j"
        ),
        ("/write?db=d&precision=s", "k,company=acme count=1 1602841605", 204, "k"),
        ("/api/v2/write?org=o&bucket=b&precision=us", "l,company=acme count=1 1602841605822791", 204, "l"),
        ("/api/v1/events", #"{"id":"1","source":"s","type":"m","subject":"acme"}"#, 204, "m"),
        ("/v1/events", "{\"company\":\"acme\",\"task\":\"n\"}\n", 200, "n"),
    ]

    @Test("every path takes its client's body, and what it took is there when it answers")
    func paths() async throws {
        let (statuses, tasks) = try await daemon { daemon in
            var statuses: [Int] = []
            for body in Self.bodies {
                statuses.append(try await daemon.request("POST", body.target, body: body.body).status)
            }
            let tasks = try await daemon.request("GET", "/v1/companies/acme/tasks").json
            return (statuses, tasks["tasks"]?.arrayValue?.compactMap { $0["task"]?.stringValue } ?? [])
        }
        #expect(statuses == Self.bodies.map(\.status))
        #expect(Set(tasks) == Set(Self.bodies.map(\.task)))
    }

    @Test("the same body sent again counts once, on every path whose events have ids")
    func resent() async throws {
        let bodies = [
            ("/v1/batch", #"{"batch":[{"type":"track","event":"a","messageId":"1","groupId":"acme"}]}"#),
            ("/batch/", #"{"batch":[{"event":"b","uuid":"2","properties":{"$groups":{"company":"acme"}}}]}"#),
            ("/api/v2/write", "c,company=acme count=1 1602841605822791506"),
            ("/api/v1/events", #"{"id":"1","source":"s","type":"d","subject":"acme"}"#),
        ]
        let events = try await daemon { daemon in
            for _ in 0..<3 {
                for (target, body) in bodies { _ = try await daemon.request("POST", target, body: body) }
            }
            return try await daemon.request("GET", "/v1/status").json["events"]?.intValue
        }
        #expect(events == bodies.count)
    }

    @Test(
        "what is wrong with a body as a whole is an error that every client can read",
        arguments: [
            ("/v1/batch", #"{"batch":["#, 400, "bad_json"), ("/v1/batch", "{}", 400, "bad_request"),
            ("/batch/", "data=eyJ9", 400, "bad_json"), ("/i/v1/analytics/events", "[]", 400, "bad_request"),
            ("/write", "no point", 400, "bad_line"), ("/write?precision=d", "", 400, "bad_request"),
            ("/api/v1/events", "7", 400, "bad_request"), ("/v1/track", "{}", 400, "no_task"),
            ("/query?q=DROP%20DATABASE%20x", "", 400, "bad_request"),
        ])
    func errors(target: String, body: String, status: Int, code: String) async throws {
        let answer = try await daemon { try await $0.request("POST", target, body: body) }
        #expect(answer.status == status, "\(answer.text)")
        #expect(answer.json["code"]?.stringValue == code)
        for name in ["message", "error", "detail"] { #expect(answer.json[name]?.stringValue?.isEmpty == false) }
    }

    @Test("a body beyond its limit is refused with the status at which its client gives up or splits it")
    func tooLarge() async throws {
        var configuration = IngestConfiguration()
        configuration.limits.bodyBytes = 100
        configuration.limits.jsonBodyBytes = 100
        let long = String(repeating: " ", count: 200)
        let statuses = try await daemon(configuration) { daemon in
            var statuses: [Int] = []
            for target in ["/v1/batch", "/batch/", "/api/v2/write", "/write", "/api/v1/events"] {
                statuses.append(try await daemon.request("POST", target, body: long).status)
            }
            return statuses
        }
        #expect(statuses == [400, 400, 413, 413, 413])
    }

    @Test("bodies that together exceed their memory are told to come again")
    func busy() async throws {
        var configuration = IngestConfiguration()
        configuration.limits.jsonBodiesInAllBytes = 50
        let (refused, taken) = try await daemon(configuration) { daemon in
            let long = #"{"batch":[]}"# + String(repeating: " ", count: 50)
            return (
                try await daemon.request("POST", "/v1/batch", body: long),
                try await daemon.request("POST", "/v1/batch", body: #"{"batch":[]}"#)
            )
        }
        #expect(refused.status == 503)
        #expect(refused.json["code"]?.stringValue == "busy")
        #expect(taken.status == 200)
    }

    @Test("a key in the body names the source and the company of last resort; a wrong one is refused")
    func keys() async throws {
        var configuration = IngestConfiguration()
        var mapping = SourceMapping()
        mapping.source = "app"
        mapping.company = "acme"
        mapping.tasks = .leaving([TaskPattern("noise.*")])
        configuration.keys.add(key: "0123456789abcdef", mapping: mapping)
        let (statuses, records, rejects) = try await daemon(configuration) { daemon in
            var statuses: [Int] = []
            for (key, event) in [
                ("0123456789abcdef", "a"), ("0123456789abcdef", "noise.b"), ("wrong-wrong-wrong", "c"),
            ] {
                let body =
                    #"{"batch":[{"type":"track","event":"\#(event)","userId":"u","messageId":"\#(event)"},{"type":"track"}],"writeKey":"\#(key)"}"#
                statuses.append(try await daemon.request("POST", "/v1/batch", body: body).status)
            }
            return (
                statuses, try await daemon.request("GET", "/v1/companies/acme/events").text,
                try await daemon.request("GET", "/v1/rejects").text
            )
        }
        #expect(statuses == [200, 200, 401])
        #expect(records.contains("\"a\"") && records.contains("\"app\""))
        #expect(!records.contains("noise.b") && !records.contains("\"c\""))
        #expect(rejects.contains("app at "))
        #expect(!rejects.contains("0123456789abcdef"))
    }

    @Test("what InfluxDB's clients ask first is answered")
    func influxSurroundings() async throws {
        let (query, ping, health) = try await daemon { daemon in
            (
                try await daemon.request("POST", "/query?q=CREATE+DATABASE+%22db%22&db=db"),
                try await daemon.request("GET", "/ping"), try await daemon.request("GET", "/health")
            )
        }
        #expect(query.status == 200)
        #expect(query.text.hasPrefix(#"{"results":[{"statement_id":0}]}"#))
        #expect(ping.status == 204)
        #expect(health.json["status"]?.stringValue == "pass")
    }
}
