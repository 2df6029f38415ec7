/// Reads one HTTP/1.1 response (RFC 9112) from bytes as they arrive: head, then a body of a stated
/// length, in chunks, or up to the end of the connection. A pure state machine.
///
/// Made for one well-known server on a Unix socket: no trailers kept, of the
/// informational responses only 100 is expected.
struct HTTPResponseReader {
    enum Malformed: Error, Equatable {
        case statusLine, header, chunkSize, tooLong
        /// The connection ended inside the response.
        case endedEarly
    }

    /// A line of the head beyond this, or a head of more lines, is not our daemon's.
    static let headLimit = 65_536
    static let headerLimit = 256

    private enum State: Equatable {
        case head
        case counted(left: Int)
        case chunkSize
        case chunk(left: Int)
        case chunkEnd
        case trailer
        case untilClose
        case finished
    }

    private(set) var status = 0
    /// Names in lower case.
    private(set) var headers: [(name: String, value: String)] = []
    private var state = State.head
    /// The line being read, without its line feed.
    private var line: [UInt8] = []
    private var sawStatusLine = false

    var isFinished: Bool { state == .finished }

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// Takes `bytes` and hands the body's part of them to `body`. Stops behind the head, so that the
    /// caller knows the status before it sees the body, and behind the response.
    /// - Returns: bytes used.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, body: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int {
        var index = 0
        while index < bytes.count, state != .finished {
            switch state {
            case .finished: break
            case .counted(let left):
                let count = min(left, bytes.count - index)
                try body(UnsafeRawBufferPointer(rebasing: bytes[index..<(index + count)]))
                index += count
                state = count == left ? .finished : .counted(left: left - count)
            case .chunk(let left):
                let count = min(left, bytes.count - index)
                try body(UnsafeRawBufferPointer(rebasing: bytes[index..<(index + count)]))
                index += count
                state = count == left ? .chunkEnd : .chunk(left: left - count)
            case .untilClose:
                try body(UnsafeRawBufferPointer(rebasing: bytes[index...]))
                index = bytes.count
            case .head, .chunkSize, .chunkEnd, .trailer:
                let byte = bytes[index]
                index += 1
                if byte == UInt8(ascii: "\n") {
                    if line.last == UInt8(ascii: "\r") { line.removeLast() }
                    let text = String(decoding: line, as: UTF8.self)
                    line.removeAll(keepingCapacity: true)
                    let wasHead = state == .head
                    try take(line: text)
                    if wasHead, state != .head { return index }
                } else {
                    line.append(byte)
                    guard line.count <= Self.headLimit else { throw Malformed.tooLong }
                }
            }
        }
        return index
    }

    /// The connection has ended.
    mutating func end() throws {
        if state == .untilClose { state = .finished }
        guard state == .finished else { throw Malformed.endedEarly }
    }

    private mutating func take(line text: String) throws {
        switch state {
        case .head where !sawStatusLine: try takeStatusLine(text)
        case .head where text.isEmpty: try beginBody()
        case .head: try takeHeader(text)
        case .chunkSize:
            let digits = text.prefix { $0 != ";" && $0 != " " }
            guard let size = Int(digits, radix: 16), size >= 0 else { throw Malformed.chunkSize }
            state = size == 0 ? .trailer : .chunk(left: size)
        case .chunkEnd:
            guard text.isEmpty else { throw Malformed.chunkSize }
            state = .chunkSize
        case .trailer: if text.isEmpty { state = .finished }
        case .counted, .chunk, .untilClose, .finished: break
        }
    }

    private mutating func takeStatusLine(_ text: String) throws {
        let parts = text.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), parts[1].count == 3, let code = Int(parts[1]) else {
            throw Malformed.statusLine
        }
        status = code
        sawStatusLine = true
    }

    private mutating func takeHeader(_ text: String) throws {
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else { throw Malformed.header }
        var value = text[text.index(after: colon)...]
        while value.first == " " || value.first == "\t" { value.removeFirst() }
        while value.last == " " || value.last == "\t" { value.removeLast() }
        headers.append((text[..<colon].lowercased(), String(value)))
        guard headers.count <= Self.headerLimit else { throw Malformed.tooLong }
    }

    private mutating func beginBody() throws {
        if status == 100 {
            sawStatusLine = false
            headers = []
        } else if status == 204 || status == 304 {
            state = .finished
        } else if header("transfer-encoding")?.lowercased().hasSuffix("chunked") == true {
            state = .chunkSize
        } else if let length = header("content-length") {
            guard let count = Int(length), count >= 0 else { throw Malformed.header }
            state = count == 0 ? .finished : .counted(left: count)
        } else {
            state = .untilClose
        }
    }
}
