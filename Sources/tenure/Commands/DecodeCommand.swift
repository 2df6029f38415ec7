public import ArgumentParser
import UsageModel
public import WireFormat

/// `tenure decode`.
struct DecodeCommand: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case line, ndjson }

    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "What each line says, or why it would be refused; needs no daemon.",
        discussion: Help.text(
            "tenure decode --format line points.txt",
            "tail -1 events.log | tenure decode --format ndjson -",
            words: """
                --format line prints one object a point: name, tags, typed fields, time in ns. \
                --format ndjson prints what an event line means to tenured, whichever of its forms it is written in.
                """))

    @OptionGroup var shared: SharedOptions

    @Option(help: "How the lines are written.")
    var format: Format

    @Option(help: ArgumentHelp("Line protocol: the time of points that have none.", valueName: "ns"))
    var defaultTime: Int64?

    @Option(help: "Line protocol: the unit of timestamps.")
    var precision = TimestampPrecision.ns

    @Argument(help: "The file (plain or gzip), or - for standard input.")
    var file = "-"

    func run() throws {
        let source = try ByteSource(path: file)
        switch format {
        case .line: try decodePoints(source)
        case .ndjson: try decodeEvents(source)
        }
    }

    private func decodePoints(_ source: ByteSource) throws {
        var reader = LineProtocolReader(precision: precision)
        var input: [UInt8] = []
        var isAtEnd = false
        while !isAtEnd {
            isAtEnd = !(try source.read(into: &input))
            var output: [UInt8] = []
            let consumed = input.withUnsafeBytes { bytes in
                reader.read(bytes, atEnd: isAtEnd) { result in
                    switch result {
                    case .success(let point): point.json(defaultTime: defaultTime).write(to: &output)
                    case .failure(let error): error.json.write(to: &output)
                    }
                    output.append(UInt8(ascii: "\n"))
                }
            }
            input.removeFirst(consumed)
            output.withUnsafeBytes { StandardOutput.write($0) }
        }
    }

    private func decodeEvents(_ source: ByteSource) throws {
        var decoder = LineDecoder(precision: precision)
        var batch = LineBatch()
        var input: [UInt8] = []
        var isAtEnd = false
        var number = 0
        while !isAtEnd {
            isAtEnd = !(try source.read(into: &input))
            batch.removeAll()
            let consumed = input.withUnsafeBytes {
                decoder.decode($0, into: &batch, atEnd: isAtEnd, maximumLines: .max)
            }
            input.removeFirst(consumed)
            var output: [UInt8] = []
            for line in batch.lines {
                if line.kind == .record || line.kind == .refused { number += 1 }
                DecodedLine(line: line, number: number, batch: batch).json.write(to: &output)
                output.append(UInt8(ascii: "\n"))
            }
            output.withUnsafeBytes { StandardOutput.write($0) }
        }
    }
}

extension TimestampPrecision: ExpressibleByArgument {}

/// A decoded line as an object: what the daemon would take from it, absent parts left out.
struct DecodedLine {
    let line: Line
    /// Of the event line, from 1, as acks and errors count.
    let number: Int
    let batch: LineBatch

    var json: JSON {
        switch line.kind {
        case .refused:
            ["error": .string(line.error.code), "line": .int(number), "detail": .string(batch.text(line.detail))]
        case .hello: ["type": "hello", "producer": .string(batch.text(line.producer))]
        case .sync: ["type": "sync", "tag": .string(batch.text(line.id))]
        case .ping: ["type": "ping"]
        case .record: .object(recordMembers)
        }
    }

    private var recordMembers: [JSON.Member] {
        var members = [JSON.Member("line", .int(number)), JSON.Member("type", .string("\(line.record)"))]
        func add(_ name: String, _ range: ByteRange) {
            if !range.isEmpty { members.append(JSON.Member(name, .string(batch.text(range)))) }
        }
        add("company", line.company)
        add("user", line.user)
        add("previous_user", line.previousUser)
        add("task", line.task)
        if line.hasTime { members.append(JSON.Member("time", .string(line.time.rfc3339))) }
        if line.record.isEvent { members.append(JSON.Member("count", .int(line.count))) }
        if line.flags.contains(.hasAmount) { members.append(JSON.Member("amount", .string(line.amount.description))) }
        add("unit", line.unit)
        add("id", line.id)
        add("source", line.source)
        add("email", line.email)
        if line.flags.contains(.hasProducerSeq) { members.append(JSON.Member("producer_seq", .int(line.producerSeq))) }
        if !line.payload.isEmpty {
            let payload = batch.bytes[line.payload.indices].withUnsafeBytes { try? JSON.parse($0) }
            let isTraits = line.record == .identify || line.record == .group
            members.append(
                JSON.Member(isTraits ? "traits" : line.record.isEvent ? "props" : "details", payload ?? .null))
        }
        return members
    }
}
