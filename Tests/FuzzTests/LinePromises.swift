import UsageModel
import WireFormat

/// What every row of a decoder's batch promises, whatever the line was.
enum LinePromises {
    /// What is wrong with a batch's rows; nil when nothing is.
    static func broken(by batch: LineBatch, _ limits: DecoderLimits) -> String? {
        for line in batch.lines {
            for range in ranges(line) where range.indices.upperBound > batch.bytes.count {
                return "a text that lies outside of the batch"
            }
            if let fault = broken(by: line, batch, limits) { return fault }
        }
        return nil
    }

    private static func ranges(_ line: Line) -> [ByteRange] { names(line) + [line.payload, line.detail, line.text] }

    private static func names(_ line: Line) -> [ByteRange] {
        [
            line.company, line.user, line.previousUser, line.task, line.unit, line.source, line.id, line.email,
            line.producer, line.fallbackCompany,
        ]
    }

    private static func broken(by line: Line, _ batch: LineBatch, _ limits: DecoderLimits) -> String? {
        func isText(_ range: ByteRange) -> Bool {
            batch.bytes.withUnsafeBytes { UTF8Text.firstFault(in: .init(rebasing: $0[range.indices])) == nil }
        }
        if line.kind == .refused {
            if line.detail.isEmpty { return "a refusal without a detail" }
            return isText(line.detail) ? nil : "a detail that is not UTF-8"
        }
        if line.text.count > limits.lineBytes { return "a line beyond the limit" }
        for name in names(line) {
            if name.count > limits.nameBytes { return "a name beyond the limit" }
            if !isText(name) { return "a name that is not UTF-8" }
        }
        if !line.payload.isEmpty {
            if line.payload.count > limits.propsBytes { return "a payload beyond the limit" }
            guard let json = try? JSON(parsing: Array(batch.bytes[line.payload.indices])), json.members != nil else {
                return "a payload that is no object"
            }
        }
        guard line.kind == .record else { return nil }
        if line.record.isInternal { return "a record that only the daemon may write" }
        if line.record.isEvent, line.task.isEmpty { return "an event without a task" }
        if !(1...9_007_199_254_740_992).contains(line.count) { return "a count out of range" }
        if abs(line.amount.micros) > Amount.greatestMicros { return "an amount out of range" }
        if line.hasTime, line.time < .least || line.time > .greatest { return "a time out of range" }
        return nil
    }

    /// Whether two batches hold the same rows over the same bytes.
    static func areSame(_ left: LineBatch, _ right: LineBatch) -> Bool {
        left.bytes == right.bytes && left.lines.count == right.lines.count
            && zip(left.lines, right.lines).allSatisfy(areSame)
    }

    private static func areSame(_ left: Line, _ right: Line) -> Bool {
        left.kind == right.kind && left.record == right.record && left.flags == right.flags
            && left.hasTime == right.hasTime && left.time == right.time && left.count == right.count
            && left.amount == right.amount && left.producerSeq == right.producerSeq
            && (left.kind != .refused || left.error == right.error) && ranges(left) == ranges(right)
    }
}
