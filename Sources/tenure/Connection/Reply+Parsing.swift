import UsageModel
import WireFormat

extension Reply {
    /// Reads one reply line of `ingest.sock`. Nil for a line of a kind that this version does not know:
    /// newer daemons may say more.
    init?(parsing line: UnsafeRawBufferPointer) {
        guard let reply = try? JSON.parse(line) else { return nil }
        if let code = reply["error"]?.stringValue {
            self = .error(
                code: code, line: reply["line"]?.uint64Value ?? 0, detail: reply["detail"]?.stringValue ?? "")
        } else if let tag = reply["sync"]?.stringValue {
            self = .sync(tag: tag, ack: reply["ack"]?.uint64Value ?? 0, seq: reply["seq"]?.uint64Value ?? 0)
        } else if let lines = reply["ack"]?.uint64Value {
            self = .ack(lines: lines, seq: reply["seq"]?.uint64Value ?? 0)
        } else if let producer = reply["hello"]?.stringValue {
            self = .hello(producer: producer, producerSeq: reply["producer_seq"]?.uint64Value ?? 0)
        } else if reply["pong"] != nil {
            self = .pong
        } else if let reason = reply["busy"]?.stringValue {
            self = .busy(reason: reason)
        } else {
            return nil
        }
    }
}
