import UsageModel
import WireFormat

/// An event line that means the same whenever and however often it is sent: with an id and a time.
enum SpoolLine {
    /// Writes `line` and a newline, completed by `id` and `now` where it has none of its own.
    static func write(_ line: Line, of batch: LineBatch, id: String, now: Timestamp, to bytes: inout [UInt8]) {
        let text = batch.bytes[line.text.indices]
        let isObject = text.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } == UInt8(ascii: "{")
        if line.hasTime || isObject {
            IdentifiedLine.write(
                text, id: line.id.isEmpty ? id : nil, time: line.hasTime ? nil : now, to: &bytes)
        } else {
            // In which unit a point's time is to be written, only the daemon's configuration knows.
            object(line, of: batch, id: line.id.isEmpty ? id : batch.text(line.id), now: now).write(to: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    /// A point as the short form has it.
    private static func object(_ line: Line, of batch: LineBatch, id: String, now: Timestamp) -> JSON {
        var members = [JSON.Member("company", .string(batch.text(line.company)))]
        func add(_ name: String, _ range: ByteRange) {
            if !range.isEmpty { members.append(JSON.Member(name, .string(batch.text(range)))) }
        }
        add("user", line.user)
        add("task", line.task)
        members.append(JSON.Member("time", .string(now.rfc3339)))
        members.append(JSON.Member("id", .string(id)))
        if line.count != 1 { members.append(JSON.Member("count", .int(line.count))) }
        if line.flags.contains(.hasAmount) { members.append(JSON.Member("amount", .string(line.amount.description))) }
        add("unit", line.unit)
        add("source", line.source)
        if !line.payload.isEmpty {
            let props = batch.bytes[line.payload.indices].withUnsafeBytes { try? JSON.parse($0) }
            members.append(JSON.Member("props", props ?? .null))
        }
        return .object(members)
    }
}

/// Random ids (RFC 9562, version 4), which the log keeps in 16 bytes.
enum RandomID {
    static func next() -> String {
        var generator = SystemRandomNumberGenerator()
        let high = generator.next() & ~0xF000 | 0x4000
        let low = generator.next() & ~(0xC0 << 56) | (0x80 << 56)
        return RowIdentity.text(high: high, low: low)
    }
}
