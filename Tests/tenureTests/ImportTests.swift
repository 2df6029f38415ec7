import Foundation
import Testing
import UsageModel
import WireFormat

@testable import tenure

@Suite("Files of events")
struct ImportTests {
    // MARK: Rows

    private func rows(_ text: String, _ dialect: DelimitedRows.Dialect, pieces: Int = .max) -> [[String]?] {
        var cutter = DelimitedRows(dialect)
        var rows: [[String]?] = []
        let take: (DelimitedRow?, Int) -> Void = { row, _ in rows.append(row?.texts) }
        let bytes = Array(text.utf8)
        var position = 0
        while position < bytes.count {
            let end = min(
                bytes.count,
                position.addingReportingOverflow(pieces).partialValue < 0
                    ? bytes.count : position + min(pieces, bytes.count))
            cutter.read(Array(bytes[position..<end]), take)
            position = end
        }
        cutter.finish(take)
        return rows
    }

    @Test("CSV follows RFC 4180, however the bytes are cut", arguments: [1, 2, 3, 1_000])
    func csv(pieces: Int) {
        let text = "a,b,c\r\n\"x, \"\"y\"\"\",,\"two\nlines\"\n\n1,2,3"
        #expect(
            rows(text, .csv, pieces: pieces) == [["a", "b", "c"], ["x, \"y\"", "", "two\nlines"], ["1", "2", "3"]])
        #expect(rows("\"\"\n", .csv) == [[""]])
        #expect(rows("a,\n", .csv) == [["a", ""]])
        #expect(rows("a,\"open", .csv) == [nil])
    }

    @Test("TSV has no quotes, and four escapes", arguments: [1, 2, 1_000])
    func tsv(pieces: Int) {
        #expect(
            rows("a\t\"b\"\tc\\td\\\\e\\n\\q\n\tx\r\n", .tsv, pieces: pieces) == [
                ["a", "\"b\"", "c\td\\e\n\\q"], ["", "x"],
            ])
    }

    @Test("rows know the line on which they begin")
    func rowLines() {
        var cutter = DelimitedRows(.csv)
        var lines: [Int] = []
        cutter.read(Array("a\n\n\"b\nb\"\nc\n".utf8)) { _, line in lines.append(line) }
        #expect(lines == [1, 3, 5])
    }

    @Test("a row without end is refused once and the next one is read")
    func longRow() {
        let long = "\"" + String(repeating: "x", count: DelimitedRows.rowByteLimit + 10) + "\ngood,row\n"
        #expect(rows(long, .csv) == [nil, ["good", "row"]])
    }

    @Test("columns are fields, props or left out; anything else is named")
    func columns() throws {
        let columns = try ImportColumns(option: "time,company,-,task,props.plan")
        #expect(columns.meanings == [.field("time"), .field("company"), .ignored, .field("task"), .property("plan")])
        #expect(throws: CommandError.self) { try ImportColumns(option: "time,compny,task") }
        #expect(throws: CommandError.self) { try ImportColumns(option: "time,company") }
        #expect(throws: CommandError.self) { try ImportColumns(option: "task,task") }
        let header = try ImportColumns(header: ["Time", "task", "Plan", ""])
        #expect(header.meanings == [.field("time"), .field("task"), .property("Plan"), .ignored])
    }

    // MARK: Files

    /// Everything that `rows` yields, as lines.
    private func lines(_ rows: some EventRows) throws -> (lines: [String], places: [Int], refusals: [Refusal]) {
        var rows = rows
        var batch = RowBatch()
        while try rows.next(into: &batch) {}
        let lines = String(decoding: batch.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        return (lines, batch.places, batch.refusals)
    }

    private func withFile<R>(_ bytes: Data, _ body: (ByteSource) throws -> R) throws -> R {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("tenure-\(UUID().uuidString)")
        try bytes.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try body(try ByteSource(path: file.path))
    }

    @Test(
        "TSV rows become the short form: numbers where the text is one, empty fields absent, others kept for the daemon to judge"
    )
    func delimitedEvents() throws {
        let text = "1276191547\tacme\tu\"1\tnova.fix\tid1\t12.50\n2026-01-01\t\tu2\tt\t\tabc\nshort\trow\n"
        let read = try withFile(Data(text.utf8)) { source in
            try lines(
                DelimitedEventRows(
                    source: source, dialect: .tsv,
                    columns: try ImportColumns(option: "time,company,user,task,id,amount"),
                    hasHeader: false, identity: nil, skipping: 0))
        }
        #expect(
            read.lines == [
                #"{"time":1276191547,"company":"acme","user":"u\"1","task":"nova.fix","id":"id1","amount":12.50}"#,
                #"{"time":"2026-01-01","user":"u2","task":"t","amount":"abc"}"#,
            ])
        #expect(read.places == [1, 2])
        #expect(read.refusals == [Refusal(line: 3, code: "bad_line", detail: "the row has 2 columns, expected 6")])
    }

    @Test("a CSV's header names its columns, and unknown ones become props")
    func header() throws {
        let read = try withFile(Data("task,Plan,count\nlogin,team,3\n".utf8)) { source in
            try lines(
                DelimitedEventRows(
                    source: source, dialect: .csv, columns: nil, hasHeader: false, identity: nil, skipping: 0))
        }
        #expect(read.lines == [#"{"task":"login","count":3,"props":{"Plan":"team"}}"#])
        #expect(read.places == [2])
    }

    @Test("ids made for rows depend on content and place, not on what was left out")
    func identity() throws {
        let data = Data("a\nb\nc\n".utf8)
        func ids(skipping: Int) throws -> [String] {
            try withFile(data) { source in
                let identity = RowIdentity(content: try #require(try source.contentHash()))
                return try lines(
                    DelimitedEventRows(
                        source: source, dialect: .tsv, columns: try ImportColumns(option: "task"), hasHeader: false,
                        identity: identity, skipping: skipping)
                ).lines.map { try #require(try JSON(parsing: $0)["id"]?.stringValue) }
            }
        }
        let all = try ids(skipping: 0)
        #expect(Set(all).count == 3)
        #expect(try ids(skipping: 1) == Array(all.dropFirst()))
        #expect(
            all.allSatisfy {
                $0.wholeMatch(of: #/[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#) != nil
            })
    }

    @Test(
        "lines keep their own ids, others get one in the place that their form has for it, and the decoder reads it there"
    )
    func lineEvents() throws {
        let text = """
            {"company":"a","task":"t","id":"own"}
            # a comment

              {"company":"a","task":"t"}
            {"type":"track","event":"t","userId":"u","context":{"groupId":"a"}}
            cpu\\ load,company=a amount=1,note="two
            lines" 5
            {"type":"sync","tag":"x"}
            {broken
            m,company=a v=1
            """
        let read = try withFile(Data(text.utf8)) { source in
            let identity = RowIdentity(content: try #require(try source.contentHash()))
            return try lines(LineEventRows(source: source, identity: identity, skipping: 0))
        }
        #expect(read.places == [1, 4, 5, 6, 10])
        #expect(read.refusals.map(\.line) == [9])
        #expect(read.refusals.map(\.code) == ["bad_json"])
        var decoder = LineDecoder()
        var batch = LineBatch()
        let bytes = Array((read.lines.joined(separator: "\n") + "\n").utf8)
        _ = bytes.withUnsafeBytes { decoder.decode($0, into: &batch, atEnd: true, maximumLines: .max) }
        #expect(batch.lines.map(\.kind) == Array(repeating: .record, count: 5))
        let ids = batch.lines.map { batch.text($0.id) }
        #expect(ids[0] == "own")
        #expect(Set(ids).count == 5)
        #expect(ids.dropFirst().allSatisfy { $0.count == 36 })
        #expect(batch.text(batch.lines[3].task) == "cpu load")
    }

    // MARK: Bytes

    private func contents(_ source: ByteSource) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while try source.read(into: &bytes) {}
        return bytes
    }

    /// `gzip -n` of "hello\n".
    private static let packed: [UInt8] = [
        0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0xE7, 0x02, 0x00, 0x20, 0x30, 0x3A,
        0x36,
        0x06, 0, 0, 0,
    ]

    @Test("gzip is told by its first bytes and unpacked, member by member")
    func gzip() throws {
        let hello = Array("hello\n".utf8)
        #expect(try withFile(Data(Self.packed)) { try contents($0) } == hello)
        #expect(try withFile(Data(Self.packed + Self.packed)) { try contents($0) } == hello + hello)
        #expect(try withFile(Data(hello)) { try contents($0) } == hello)
        #expect(try withFile(Data()) { try contents($0) } == [])
    }

    @Test("gzip that is cut short or damaged is named, not taken for the whole file", arguments: 3..<26)
    func damagedGzip(count: Int) throws {
        #expect(throws: CommandError.self) {
            try withFile(Data(Self.packed.prefix(count - 1))) { try contents($0) }
        }
        guard count > 10 else { return }
        var flipped = Self.packed
        flipped[count - 1] ^= 0x55
        #expect(throws: CommandError.self) { try withFile(Data(flipped)) { try contents($0) } }
    }

    @Test("a file that is not there is not found")
    func missing() {
        #expect(throws: CommandError(.notFound, "cannot open /no/such/file: No such file or directory")) {
            _ = try ByteSource(path: "/no/such/file")
        }
    }

    // MARK: Accounts

    @Test("the summary accounts for every line: accepted, duplicates and refused add up to what was settled")
    func summary() throws {
        var summary = ImportSummary()
        summary.sent = 10
        summary.settled = 10
        summary.duplicates = 3
        for line in [4, 9] {
            summary.refusedByDaemon += 1
            summary.add(Refusal(line: line, code: "no_company", detail: "who?"))
        }
        summary.add(Refusal(line: 2, code: "bad_line", detail: "columns"))
        #expect(summary.accepted == 5)
        #expect(summary.refused == 3)
        #expect(summary.json.at("reasons", "no_company")?.intValue == 2)
        try Golden.expect(summary.text(.terminal(width: 80, colour: false)), equals: "summary.80.txt")
    }

    @Test(
        "a snooze ends after a span, on a date or at a time",
        arguments: [
            ("7d", TimeArgument.span(604_800_000)), ("36h", .span(129_600_000)), ("2w", .span(1_209_600_000)),
            ("2026-12-01", .instant(Timestamp(milliseconds: 1_796_083_200_000))),
            ("2026-12-01T00:00:00Z", .instant(Timestamp(milliseconds: 1_796_083_200_000))),
        ])
    func snooze(text: String, end: TimeArgument) throws {
        #expect(try TimeArgument(parsing: text, purpose: "to snooze until") == end)
    }

    @Test("what is no time is refused with an example", arguments: ["", "d", "-3d", "7", "tomorrow", "0d"])
    func badSnooze(text: String) {
        #expect(throws: CommandError.self) { try TimeArgument(parsing: text, purpose: "to snooze until") }
    }
}
