import Testing
import UsageModel
import WireFormat

@testable import tenure

@Suite("The client's side of the sockets")
struct ConnectionTests {
    /// Feeds `text` in pieces of `size` bytes and returns status, body, and the bytes that were not used.
    private func read(_ text: String, size: Int, ended: Bool = false) throws -> (status: Int, body: String, left: Int) {
        var reader = HTTPResponseReader()
        var body: [UInt8] = []
        let bytes = Array(text.utf8)
        var position = 0
        while position < bytes.count, !reader.isFinished {
            let piece = Array(bytes[position..<min(bytes.count, position + size)])
            position += try piece.withUnsafeBytes { try reader.read($0) { body.append(contentsOf: $0) } }
        }
        if ended { try reader.end() }
        return (reader.status, String(decoding: body, as: UTF8.self), bytes.count - position)
    }

    @Test("a response is read whole however its bytes are cut", arguments: [1, 2, 3, 7, 4_096])
    func pieces(size: Int) throws {
        let counted = try read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello", size: size)
        #expect(counted == (200, "hello", 0))
        let chunked = try read(
            "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: u\r\n\r\n",
            size: size)
        #expect(chunked == (404, "abc0123456789", 0))
        let untilClose = try read("HTTP/1.1 200 OK\r\n\r\nall of it", size: size, ended: true)
        #expect(untilClose == (200, "all of it", 0))
    }

    @Test("what belongs to the next response is left alone")
    func pipelined() throws {
        let first = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        #expect(try read(first + "HTTP/1.1 500 No\r\n", size: 4_096).left == 17)
        #expect(try read("HTTP/1.1 204 No Content\r\n\r\nHTTP", size: 4_096) == (204, "", 4))
    }

    @Test("an interim 100 is passed over")
    func interim() throws {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
        #expect(try read(text, size: 9) == (200, "x", 0))
    }

    @Test(
        "what is no response is refused",
        arguments: [
            "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 2xx OK\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ])
    func malformed(text: String) {
        #expect(throws: HTTPResponseReader.Malformed.self) { try read(text, size: 5) }
    }

    @Test("a connection that ends inside a response is told from one that ends behind it")
    func endedEarly() {
        #expect(throws: HTTPResponseReader.Malformed.endedEarly) {
            try read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", size: 64, ended: true)
        }
    }

    @Test("the daemon's statuses become the exit codes of the interface")
    func exitCodes() {
        let body = Array(#"{"code":"not_found","message":"no such","error":"no such","detail":"a\nb"}"#.utf8)
        #expect(HTTPConnection.failure(404, body) == CommandError(.notFound, "no such", advice: "a\nb"))
        #expect(HTTPConnection.failure(409, body).status == .refused)
        #expect(HTTPConnection.failure(400, body).status == .usage)
        #expect(HTTPConnection.failure(503, body).status == .unreachable)
        #expect(HTTPConnection.failure(504, []).status == .timedOut)
        #expect(HTTPConnection.failure(500, []) == CommandError(.failed, "the daemon answered 500"))
    }

    @Test("a missing socket, a refused connection and missing permission are told apart")
    func connectFailures() {
        let errors = [2, 111, 13].map { UnixSocket.connectFailure(Int32($0), path: "/x/http.sock") }
        #expect(errors.allSatisfy { $0.status == .unreachable && $0.advice != nil })
        #expect(
            errors.map(\.message) == [
                "there is no socket at /x/http.sock", "nobody listens at /x/http.sock",
                "no permission to use /x/http.sock",
            ])
    }

    @Test("paths and queries are percent-encoded")
    func targets() {
        let target = RequestTarget("v1", "companies", "a/b c&ü").with("where", "x > 1").with("cursor", nil).with(
            "limit", "5")
        #expect(target.text == "/v1/companies/a%2Fb%20c%26%C3%BC?where=x%20%3E%201&limit=5")
    }

    @Test(
        "lines are cut however their bytes arrive, and an end of the stream ends the last one",
        arguments: [1, 2, 5, 64])
    func lines(size: Int) {
        var splitter = LineSplitter()
        var lines: [String] = []
        let bytes = Array("one\n\ntwo\nthree".utf8)
        let take: (UnsafeRawBufferPointer) -> Bool = {
            lines.append(String(decoding: $0, as: UTF8.self))
            return true
        }
        var position = 0
        while position < bytes.count {
            let piece = Array(bytes[position..<min(bytes.count, position + size)])
            _ = piece.withUnsafeBytes { splitter.split($0, take) }
            position += piece.count
        }
        splitter.finish(take)
        #expect(lines == ["one", "two", "three"])
    }

    @Test(
        "every reply that the daemon writes is read back",
        arguments: [
            Reply.ack(lines: 3, seq: 9), .error(code: "bad_json", line: 2, detail: "why \"so\""),
            .sync(tag: "t", ack: 4, seq: 10), .hello(producer: "p", producerSeq: 7), .pong, .busy(reason: "disk"),
        ])
    func replies(reply: Reply) {
        var bytes: [UInt8] = []
        reply.write(to: &bytes)
        bytes.removeLast()
        #expect(bytes.withUnsafeBytes { Reply(parsing: $0) } == reply)
    }

    @Test("sockets are named by a directory, by either socket, or by a path of one's own")
    func addresses() {
        #expect(SocketAddress(path: "/").httpPath == "//http.sock")
        #expect(SocketAddress(path: "/no/where/ingest.sock").httpPath == "/no/where/http.sock")
        #expect(SocketAddress(path: "/no/where/http.sock").ingestPath == "/no/where/ingest.sock")
        #expect(SocketAddress(path: "other.sock").httpPath == "other.sock")
        #expect(SocketAddress(path: "other.sock").ingestPath == "./ingest.sock")
    }

    @Test("the option wins over the variable, and that over the usual places")
    func discovery() throws {
        let none: (String) -> String? = { _ in nil }
        let variable: (String) -> String? = { $0 == "TENURE_SOCKET" ? "/v/http.sock" : nil }
        #expect(try SocketAddress.find(option: "/o/http.sock", environment: variable).httpPath == "/o/http.sock")
        #expect(try SocketAddress.find(option: nil, environment: variable).httpPath == "/v/http.sock")
        #expect(SocketAddress.usualDirectories(environment: none) == ["./tenure-data/run", "/run/tenured"])
        let home: (String) -> String? = { ["HOME": "/h", "XDG_STATE_HOME": "/s"][$0] }
        #expect(SocketAddress.usualDirectories(environment: home)[1] == "/s/tenure/run")
    }
}
