import Clients
import UsageModel
import WireFormat

/// A body of `call`, decoded as the server does it.
struct ClientScene {
    var call: ClientCall
    var mapping = SourceMapping()
    var limits = DecoderLimits()
    /// Rows of one batch.
    var maximumLines = 1_000

    /// What becomes of each event, in order; or why the body is refused.
    func rows(_ body: String) -> [String] {
        var decoder = EventDecoder(call, limits: limits)
        return Array(body.utf8).withUnsafeBytes { bytes in
            var batch = LineBatch()
            do throws(BodyError) {
                let list = try decoder.read(bytes, into: &batch, maximumLines: maximumLines)
                decoder.mapping = mapping
                var rows: [String] = []
                var next = 0
                repeat {
                    next = decoder.decode(list, of: bytes, from: next, into: &batch, maximumLines: maximumLines)
                    rows += batch.lines.map { Self.describe($0, batch) }
                    batch.removeAll()
                } while next < list.events.count
                return rows
            } catch {
                return ["\(error.code)"]
            }
        }
    }

    /// What becomes of `text` on a path that takes lines.
    func lines(_ text: String) -> [String] {
        var decoder = LineDecoder(limits: limits)
        var mapper = RowMapper(mapping, call: call, limits: limits)
        var batch = LineBatch()
        mapper.begin(&batch)
        _ = Array(text.utf8).withUnsafeBytes {
            decoder.decode($0, into: &batch, atEnd: true, maximumLines: maximumLines)
        }
        mapper.complete(from: 0, in: &batch)
        return batch.lines.map { Self.describe($0, batch) }
    }

    private static func describe(_ line: Line, _ batch: LineBatch) -> String {
        if line.isIgnored { return "ignored" }
        guard line.kind == .record else { return "\(line.kind) \(line.error.code)" }
        var words = ["\(line.record)"]
        let texts: [(String, ByteRange)] = [
            ("company", line.company), ("fallback", line.fallbackCompany), ("user", line.user),
            ("previous", line.previousUser), ("task", line.task), ("unit", line.unit), ("source", line.source),
            ("email", line.email), ("id", line.id),
        ]
        for (name, range) in texts where !range.isEmpty { words.append("\(name)=\(batch.text(range))") }
        if line.flags.contains(.hasAmount) { words.append("amount=\(line.amount)") }
        if line.hasTime { words.append("time=\(line.time.milliseconds)") }
        if !line.payload.isEmpty { words.append("payload=\(batch.text(line.payload))") }
        return words.joined(separator: " ")
    }
}
