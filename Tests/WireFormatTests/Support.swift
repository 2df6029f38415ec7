import UsageModel
import WireFormat

/// A line with its texts taken out of the batch, so that rows of different batches can be compared.
struct Row: Equatable, CustomStringConvertible {
    var kind: LineKind
    var record: RecordKind
    var flags: UInt8
    var time: Int64?
    var error: String?
    var company, user, previousUser, task, unit, source, id, email, producer, payload, detail, text: [UInt8]
    var count: UInt64
    var amount: Amount
    var producerSeq: UInt64

    init(_ line: Line, _ batch: LineBatch) {
        func bytes(_ range: ByteRange) -> [UInt8] { range.isEmpty ? [] : Array(batch.bytes[range.indices]) }
        kind = line.kind
        record = line.record
        flags = line.flags.rawValue
        time = line.hasTime ? line.time.milliseconds : nil
        error = line.kind == .refused ? line.error.code : nil
        company = bytes(line.company)
        user = bytes(line.user)
        previousUser = bytes(line.previousUser)
        task = bytes(line.task)
        unit = bytes(line.unit)
        source = bytes(line.source)
        id = bytes(line.id)
        email = bytes(line.email)
        producer = bytes(line.producer)
        payload = bytes(line.payload)
        detail = bytes(line.detail)
        text = bytes(line.text)
        count = line.count
        amount = line.amount
        producerSeq = line.producerSeq
    }

    /// What matters of the row in one line, for tables of cases.
    var description: String {
        if let error { return "refused \(error)" }
        var words: [String] = []
        switch kind {
        case .record: words.append("\(record)")
        case .refused, .hello, .sync, .ping: words.append("\(kind)")
        }
        func add(_ name: String, _ bytes: [UInt8]) {
            if !bytes.isEmpty { words.append("\(name)=\(String(decoding: bytes, as: UTF8.self))") }
        }
        add("company", company)
        add("user", user)
        add("previous", previousUser)
        add("task", task)
        if RecordFlags(rawValue: flags).contains(.hasAmount) { words.append("amount=\(amount)") }
        add("unit", unit)
        if count != 1 { words.append("count=\(count)") }
        if let time { words.append("time=\(time)") }
        add("id", id)
        add("source", source)
        add("email", email)
        add("producer", producer)
        if RecordFlags(rawValue: flags).contains(.hasProducerSeq) { words.append("seq=\(producerSeq)") }
        if RecordFlags(rawValue: flags).contains(.passive) { words.append("passive") }
        add("payload", payload)
        return words.joined(separator: " ")
    }

    var detailText: String { String(decoding: detail, as: UTF8.self) }
}

/// Decodes `input` as a sender would deliver it: cut at `cuts`, which are ascending offsets, then closed.
func decode(
    _ input: [UInt8], cuts: [Int] = [], limits: DecoderLimits = DecoderLimits(),
    precision: TimestampPrecision = .ns, maximumLines: Int = 1_000
) -> [Row] {
    var decoder = LineDecoder(limits: limits, precision: precision)
    var rows: [Row] = []
    var pending: [UInt8] = []
    var from = 0
    for (index, to) in (cuts + [input.count]).enumerated() {
        pending.append(contentsOf: input[from..<to])
        from = to
        let isLast = index == cuts.count
        while true {
            var batch = LineBatch()
            let consumed = pending.withUnsafeBytes {
                decoder.decode($0, into: &batch, atEnd: isLast, maximumLines: maximumLines)
            }
            rows.append(contentsOf: batch.lines.map { Row($0, batch) })
            pending.removeFirst(consumed)
            if batch.lines.count < maximumLines { break }
        }
    }
    precondition(pending.isEmpty, "the decoder left bytes behind at the end")
    return rows
}

func decode(_ text: String, limits: DecoderLimits = DecoderLimits(), precision: TimestampPrecision = .ns) -> [Row] {
    decode(Array(text.utf8), limits: limits, precision: precision)
}

func describe(_ text: String) -> [String] { decode(text).map(\.description) }
