import Engine
import Testing
import UsageModel
import WireFormat

@testable import Server

@Suite("Events in over a socket", .serialized)
struct IngestListenerTests {
    private func event(_ number: Int) -> String {
        "{\"company\":\"acme\",\"user\":\"u\(number % 50)\",\"task\":\"t\",\"id\":\"e\(number)\","
            + "\"time\":\"2026-03-01T10:00:00Z\"}\n"
    }

    private func replies(_ text: String) throws -> [JSON] {
        try text.split(separator: "\n").map { try JSON(parsing: String($0)) }
    }

    private func accepted(_ daemon: TestDaemon) async throws -> Int? {
        try await daemon.engine.answer(.status(digest: false))["events"]?.intValue
    }

    /// Waits until the daemon has let go of every connection, so that what they sent is settled.
    private func settle(_ daemon: TestDaemon) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while daemon.connections.count > 0, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(daemon.connections.count == 0)
    }

    @Test("good and bad lines are accounted for by acks and errors, and the socket closes after the last ack")
    func accounting() async throws {
        try await withTemporaryDirectory { directory in
            let text = try await TestDaemon.run(in: directory) { daemon in
                let client = try TestClient(path: daemon.ingestPath)
                defer { client.close() }
                for number in 0..<2_000 { try await client.send(number % 100 == 7 ? "{oops\n" : event(number)) }
                client.finishWriting()
                return try await client.receiveAll()
            }
            let replies = try replies(text)
            #expect(replies.compactMap { $0["error"]?.stringValue } == Array(repeating: "bad_json", count: 20))
            #expect(replies.first { $0["error"] != nil }?["line"]?.intValue == 8)
            #expect(replies.compactMap { $0["ack"]?.intValue }.last == 2_000)
        }
    }

    @Test("a client that closes without reading one ack loses no line")
    func closesWithoutReading() async throws {
        try await withTemporaryDirectory { directory in
            let events = try await TestDaemon.run(in: directory) { daemon in
                for client in 0..<8 {
                    let socket = try TestClient(path: daemon.ingestPath)
                    for number in 0..<5_000 { try await socket.send(event(client * 5_000 + number)) }
                    socket.close()
                }
                try await settle(daemon)
                return try await accepted(daemon)
            }
            #expect(events == 40_000)
        }
    }

    @Test("with a single batch for everybody, senders wait for each other and lose nothing")
    func backpressure() async throws {
        try await withTemporaryDirectory { directory in
            var limits = EngineLimits()
            limits.batches = 1
            let events = try await TestDaemon.run(engineLimits: limits, in: directory) { daemon in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 0..<4 {
                        group.addTask {
                            let socket = try TestClient(path: daemon.ingestPath)
                            for number in 0..<5_000 { try await socket.send(event(client * 5_000 + number)) }
                            socket.close()
                        }
                    }
                    try await group.waitForAll()
                }
                try await settle(daemon)
                return try await accepted(daemon)
            }
            #expect(events == 20_000)
        }
    }

    @Test("the last line needs no newline")
    func lastLine() async throws {
        try await withTemporaryDirectory { directory in
            let text = try await TestDaemon.run(in: directory) { daemon in
                let client = try TestClient(path: daemon.ingestPath)
                defer { client.close() }
                try await client.send(event(1) + event(2).dropLast())
                client.finishWriting()
                return try await client.receiveAll()
            }
            #expect(try replies(text).last?["ack"]?.intValue == 2)
        }
    }

    @Test("one byte at a time is the same as all at once")
    func trickle() async throws {
        try await withTemporaryDirectory { directory in
            let text = try await TestDaemon.run(in: directory) { daemon in
                let client = try TestClient(path: daemon.ingestPath)
                defer { client.close() }
                for character in event(1) { try await client.send(String(character)) }
                return try await client.receive(until: "ack")
            }
            #expect(try replies(text).last?["ack"]?.intValue == 1)
        }
    }

    @Test("hello, sync and ping are answered, in JSON and as comments")
    func control() async throws {
        try await withTemporaryDirectory { directory in
            let text = try await TestDaemon.run(in: directory) { daemon in
                let client = try TestClient(path: daemon.ingestPath)
                defer { client.close() }
                try await client.send("#!hello billing-3\n#!ping\n" + event(1) + "{\"type\":\"sync\",\"tag\":\"t1\"}\n")
                return try await client.receive(until: "\"sync\"")
            }
            let replies = try replies(text)
            #expect(replies.contains { $0["hello"]?.stringValue == "billing-3" && $0["producer_seq"]?.intValue == 0 })
            #expect(replies.contains { $0["pong"] != nil })
            #expect(replies.contains { $0["sync"]?.stringValue == "t1" && $0["ack"]?.intValue == 1 })
        }
    }

    @Test("a string left open is given up after a silence, and its neighbours count")
    func openString() async throws {
        try await withTemporaryDirectory { directory in
            let text = try await TestDaemon.run(in: directory) { daemon in
                let client = try TestClient(path: daemon.ingestPath)
                defer { client.close() }
                try await client.send("t,company=a user=\"abc 1\nt,company=a amount=1 1772359200000000000\n")
                return try await client.receive(until: "\"ack\":2")
            }
            let replies = try replies(text)
            #expect(replies.first?["error"]?.stringValue == "bad_line")
            #expect(replies.last?["ack"]?.intValue == 2)
        }
    }

    @Test("a connection beyond the limit is told so, and the others live on")
    func connectionLimit() async throws {
        try await withTemporaryDirectory { directory in
            var configuration = IngestConfiguration()
            configuration.limits.ingestConnections = 1
            let (refused, served) = try await TestDaemon.run(configuration: configuration, in: directory) { daemon in
                let first = try TestClient(path: daemon.ingestPath)
                defer { first.close() }
                try await first.send("#!ping\n")
                _ = try await first.receive(until: "pong")
                let second = try TestClient(path: daemon.ingestPath)
                defer { second.close() }
                let refused = try await second.receiveAll()
                try await first.send("#!ping\n")
                return (refused, try await first.receive(until: "pong"))
            }
            #expect(refused.contains("\"limit\"") && refused.contains("limits.ingest_connections"))
            #expect(served.contains("pong"))
        }
    }

    @Test("a stop settles whole lines, says that it drains, and leaves the cut one to be sent again")
    func drain() async throws {
        try await withTemporaryDirectory { directory in
            let client = try await TestDaemon.run(in: directory) { daemon in
                let client = try TestClient(path: daemon.ingestPath)
                try await client.send(event(1))
                _ = try await client.receive(until: "ack")
                try await client.send(event(2) + "t,company=acme amount=1")
                _ = try await client.receive(until: "\"ack\":2")
                return client
            }
            let rest = try await client.receiveAll()
            client.close()
            #expect(rest.contains("{\"busy\":\"draining\"}"))
            let events = try await TestDaemon.run(in: directory) { try await accepted($0) }
            #expect(events == 2)
        }
    }
}
