import UsageModel
public import WireFormat

/// Completes decoded rows with what their source's mapping says.
///
/// Its texts are written into a batch once, and its rows refer to them, so that a mapping without `fields` costs
/// no more than a few comparisons a row.
public struct RowMapper {
    private let mapping: SourceMapping
    private let limits: DecoderLimits
    /// Points of line protocol have no id; InfluxDB knows them by their series and time.
    private let identifiesPoints: Bool
    private let isIdentity: Bool
    private var source = ByteRange()
    private var company = ByteRange()

    public init(_ mapping: SourceMapping, call: ClientCall, limits: DecoderLimits) {
        self.mapping = mapping
        self.limits = limits
        identifiesPoints = call.takesPoints
        isIdentity = !identifiesPoints && mapping == SourceMapping()
    }

    /// To be called once a batch, before its first row is completed.
    public mutating func begin(_ batch: inout LineBatch) {
        source = mapping.source.map { batch.add($0.utf8) } ?? ByteRange()
        company = mapping.company.map { batch.add($0.utf8) } ?? ByteRange()
    }

    /// Completes the rows that a line decoder added, from `start` on.
    public func complete(from start: Int, in batch: inout LineBatch) {
        if isIdentity { return }
        for row in start..<batch.lines.count where batch.lines[row].kind == .record {
            if identifiesPoints { identify(row, in: &batch) }
            let texts = batch.bytes.withUnsafeBytes { bytes in
                // Tags and fields that mean nothing to us are props, so a point's values are found there.
                let line = bytes.slice(batch.lines[row].text.indices)
                let isObject = line.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } == UInt8(ascii: "{")
                return fieldTexts(isObject ? line.trimmed : bytes.slice(batch.lines[row].payload.indices))
            }
            complete(row, texts, in: &batch)
        }
    }

    /// Completes the row of the event `event`, a valid JSON value as its sender wrote it.
    public func complete(row: Int, of event: UnsafeRawBufferPointer, in batch: inout LineBatch) {
        guard !isIdentity, batch.lines[row].kind == .record else { return }
        complete(row, fieldTexts(event), in: &batch)
    }

    private typealias FieldTexts = [(field: SourceMapping.Field, text: [UInt8])]

    private func fieldTexts(_ event: UnsafeRawBufferPointer) -> FieldTexts {
        if mapping.fields.isEmpty { return [] }
        return SourceMapping.Field.allCases.compactMap { field in
            mapping.fields[field]?.text(in: event).map { (field, $0) }
        }
    }

    private func complete(_ row: Int, _ texts: FieldTexts, in batch: inout LineBatch) {
        let isEvent = batch.lines[row].record.isEvent
        if isEvent, mapping.tasks != .all {
            let task = batch.lines[row].task
            guard batch.bytes.withUnsafeBytes({ mapping.tasks.takes($0.slice(task.indices)) }) else {
                batch.lines[row].isIgnored = true
                return
            }
        }
        if batch.lines[row].source.isEmpty { batch.lines[row].source = source }
        batch.lines[row].fallbackCompany = company
        for (field, text) in texts {
            if field == .amount {
                if isEvent, let amount = text.withUnsafeBytes({ Amount(parsing: $0) }) {
                    batch.lines[row].amount = amount
                    batch.lines[row].flags.insert(.hasAmount)
                }
                continue
            }
            guard text.count <= limits.nameBytes else {
                return batch.refuse(
                    row, .limit, "the \(field.rawValue) is too long in bytes (at most \(limits.nameBytes), limits.name)"
                )
            }
            let range = batch.add(text)
            switch field {
            case .company: batch.lines[row].company = range
            case .user: batch.lines[row].user = range
            case .unit where isEvent: batch.lines[row].unit = range
            case .unit, .amount: break
            }
        }
    }

    /// Gives a point that has a time and no id one made from its text, so that a write which is sent again counts
    /// once, as in InfluxDB, where the same point written twice is one.
    private func identify(_ row: Int, in batch: inout LineBatch) {
        let line = batch.lines[row]
        guard line.id.isEmpty, line.hasTime else { return }
        let hash = batch.bytes.withUnsafeBytes { hash64($0.slice(line.text.indices)) }
        batch.lines[row].id = batch.add(String(hash, radix: 16).utf8)
    }
}

extension LineBatch {
    /// Appends a text that no line holds.
    mutating func add(_ text: some Collection<UInt8>) -> ByteRange {
        let range = ByteRange(offset: bytes.count, count: text.count)
        bytes.append(contentsOf: text)
        return range
    }

    /// Makes a refusal of a row.
    mutating func refuse(_ row: Int, _ error: LineError, _ detail: String) {
        var refused = Line(kind: .refused)
        refused.error = error
        refused.text = lines[row].text
        refused.detail = add(detail.utf8)
        lines[row] = refused
    }
}

extension UnsafeRawBufferPointer {
    /// Without blanks before and behind it.
    fileprivate var trimmed: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: drop { $0 <= UInt8(ascii: " ") })
    }
}
