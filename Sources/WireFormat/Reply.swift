public import UsageModel

/// What the daemon says to a sender: one JSON object a line.
public enum Reply: Sendable, Equatable {
    /// The first `lines` event lines of the connection are settled and durable through `seq`.
    case ack(lines: UInt64, seq: UInt64)
    /// Event line `line` (counted from 1) is refused.
    case error(code: String, line: UInt64, detail: String)
    /// Everything before the `sync` with this tag is durable, evaluated and visible.
    case sync(tag: String, ack: UInt64, seq: UInt64)
    /// The last producer sequence that was taken from this producer, 0 for none.
    case hello(producer: String, producerSeq: UInt64)
    case pong
    /// Nothing is taken for now: `disk`, `memory` or `draining`.
    case busy(reason: String)

    /// Appends the reply's line, newline included.
    public func write(to bytes: inout [UInt8]) {
        switch self {
        case .ack(let lines, let seq):
            // By hand, since this is the only reply on the path of every batch.
            bytes.append(contentsOf: "{\"ack\":".utf8)
            Self.write(lines, to: &bytes)
            bytes.append(contentsOf: ",\"seq\":".utf8)
            Self.write(seq, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        case .error, .sync, .hello, .pong, .busy: json.write(to: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    /// The reply as a value.
    public var json: JSON {
        switch self {
        case .ack(let lines, let seq): ["ack": .int(lines), "seq": .int(seq)]
        case .error(let code, let line, let detail):
            ["error": .string(code), "line": .int(line), "detail": .string(detail)]
        case .sync(let tag, let ack, let seq): ["sync": .string(tag), "ack": .int(ack), "seq": .int(seq)]
        case .hello(let producer, let producerSeq):
            ["hello": .string(producer), "producer_seq": .int(producerSeq)]
        case .pong: ["pong": .bool(true)]
        case .busy(let reason): ["busy": .string(reason)]
        }
    }

    private static func write(_ value: UInt64, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: String(value).utf8)
    }
}
