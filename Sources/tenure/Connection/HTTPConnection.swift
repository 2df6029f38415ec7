import UsageModel

/// Questions to the daemon, one after the other on one connection.
final class HTTPConnection {
    /// The daemon answers between two lines, so a second is long; this only ends a wait for one that hangs.
    static let answerTimeoutSeconds = 60
    private static let readByteCount = 65_536
    /// A single answer beyond this is not held in memory; lists are paged and exports are streamed.
    private static let answerByteLimit = 256 << 20

    private let socket: UnixSocket
    private var buffer = [UInt8](repeating: 0, count: readByteCount)
    /// What of `buffer` was read and not yet used.
    private var unused = 0..<0

    init(address: SocketAddress) throws {
        socket = try UnixSocket(connectingTo: address.httpPath)
    }

    /// The longest silence before the answer to a question.
    var timeoutSeconds = answerTimeoutSeconds

    /// The answer to GET `target`.
    func get(_ target: RequestTarget) throws -> JSON {
        try ask("GET", target, body: nil, timeoutSeconds: timeoutSeconds)
    }

    /// The answer to POST `target`.
    ///
    /// - Parameter timeoutSeconds: longest silence; 0 for an answer that may be as long in coming as it likes.
    func post(
        _ target: RequestTarget, _ body: JSON, timeoutSeconds: Int = answerTimeoutSeconds
    ) throws -> JSON {
        try ask(
            "POST", target, body: Body(type: "application/json", bytes: body.utf8), timeoutSeconds: timeoutSeconds)
    }

    /// The answer to POST `target` with a text, which may be as long in coming as it likes.
    func post(_ target: RequestTarget, text: String) throws -> JSON {
        try ask("POST", target, body: Body(type: "text/plain", bytes: Array(text.utf8)), timeoutSeconds: 0)
    }

    private struct Body {
        var type: String
        var bytes: [UInt8]
    }

    private func ask(
        _ method: String, _ target: RequestTarget, body: Body?, timeoutSeconds: Int
    ) throws -> JSON {
        socket.setReadTimeout(seconds: timeoutSeconds)
        try write(method, target, body: body)
        var answer: [UInt8] = []
        let status = try receive { _, bytes in
            guard answer.count + bytes.count <= Self.answerByteLimit else {
                throw CommandError(.failed, "the answer is longer than \(Self.answerByteLimit) bytes")
            }
            answer.append(contentsOf: bytes)
            return true
        }
        guard Self.isSuccess(status) else { throw Self.failure(status, answer) }
        return try Self.parse(answer)
    }

    /// GET `target` as a stream of lines: `line` is called for each as it arrives, without its newline
    /// and never empty, and ends the stream by returning false; this connection is then used up.
    ///
    /// - Parameter timeoutSeconds: longest silence; 0 for a stream that may be silent for days.
    func stream(
        _ target: RequestTarget, timeoutSeconds: Int, line: (UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        socket.setReadTimeout(seconds: timeoutSeconds)
        try write("GET", target, body: nil)
        var splitter = LineSplitter()
        var refusal: [UInt8] = []
        var goesOn = true
        let status = try receive { status, bytes in
            if Self.isSuccess(status) {
                goesOn = try splitter.split(bytes, line)
            } else {
                refusal.append(contentsOf: bytes)
            }
            return goesOn
        }
        guard Self.isSuccess(status) else { throw Self.failure(status, refusal) }
        if goesOn { try splitter.finish(line) }
    }

    private func write(_ method: String, _ target: RequestTarget, body: Body?) throws {
        var request = Array("\(method) \(target.text) HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n".utf8)
        if let body {
            let head = "Content-Type: \(body.type)\r\nContent-Length: \(body.bytes.count)\r\n\r\n"
            request += Array(head.utf8) + body.bytes
        } else {
            request += Array("\r\n".utf8)
        }
        try request.withUnsafeBytes { try socket.write($0) }
    }

    /// Reads one response: `body` is called with the status and each piece of the body, and stops by returning false.
    /// - Returns: the status.
    private func receive(_ body: (Int, UnsafeRawBufferPointer) throws -> Bool) throws -> Int {
        var reader = HTTPResponseReader()
        var goesOn = true
        do {
            while !reader.isFinished, goesOn {
                if unused.isEmpty {
                    let count = try buffer.withUnsafeMutableBytes { try socket.read(into: $0) }
                    unused = 0..<count
                    if count == 0 {
                        try reader.end()
                        break
                    }
                }
                let status = reader.status
                let used = try buffer.withUnsafeBytes { bytes in
                    try reader.read(UnsafeRawBufferPointer(rebasing: bytes[unused])) {
                        if goesOn { goesOn = try body(status, $0) }
                    }
                }
                unused = (unused.lowerBound + used)..<unused.upperBound
            }
        } catch let error as HTTPResponseReader.Malformed {
            throw error == .endedEarly
                ? CommandError(
                    .unreachable, "tenured closed the connection before its answer was complete",
                    advice: "it may just be stopping; try again, or look into its log")
                : CommandError(
                    .failed, "what listens at \(socket.path) does not speak HTTP",
                    advice: "--socket must name the daemon's http.sock; events go to ingest.sock")
        }
        return reader.status
    }

    private static func isSuccess(_ status: Int) -> Bool { (200..<300).contains(status) }

    private static func parse(_ bytes: [UInt8]) throws -> JSON {
        do {
            return try bytes.withUnsafeBytes { try JSON.parse($0) }
        } catch {
            throw CommandError(
                .failed, "the daemon's answer is no JSON: \(error)",
                advice: "`tenure version` and `tenure status` show whether both are of the same version")
        }
    }

    /// What an answer other than success means for this command.
    static func failure(_ status: Int, _ body: [UInt8]) -> CommandError {
        let answer = try? body.withUnsafeBytes { try JSON.parse($0) }
        let message =
            answer?["message"]?.stringValue ?? answer?["error"]?.stringValue ?? "the daemon answered \(status)"
        var detail = answer?["detail"]?.stringValue
        if detail == message { detail = nil }
        // What follows shows the place of what the message has said.
        if let whole = detail, whole.hasPrefix(message + "\n") { detail = String(whole.dropFirst(message.count + 1)) }
        let exit: ExitStatus =
            switch status {
            case 400, 414, 422: .usage
            case 404: .notFound
            case 401, 403, 405, 409, 413, 429: .refused
            case 408, 504: .timedOut
            case 502, 503: .unreachable
            default: .failed
            }
        return CommandError(
            exit, PrintableText.escaping(message),
            advice: detail.map { detail in
                detail.split(separator: "\n").map { PrintableText.escaping(String($0)) }.joined(separator: "\n")
            })
    }
}
