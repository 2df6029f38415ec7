import Foundation
import Testing
import UsageModel
import WireFormat

@Suite("Any cut of the input gives the same rows")
struct ResumptionTests {
    /// Small limits, so that lines run into them too.
    private static let small = DecoderLimits(lineBytes: 120, nameBytes: 12, propsBytes: 60, jsonDepth: 5)

    @Test("every cut in two, and byte by byte")
    func everyCut() {
        var mutator = LineMutator(seed: 1)
        for _ in 0..<40 {
            let text = mutator.text()
            let whole = decode(text)
            for cut in 0...text.count { #expect(decode(text, cuts: [cut]) == whole, "cut at \(cut)") }
            #expect(decode(text, cuts: Array(0...text.count)) == whole)
        }
    }

    /// `TENURE_FUZZ_ITERATIONS` asks for more; each iteration's seed is its number.
    @Test("spoilt lines: any cut gives the same rows, and every row keeps its promises")
    func fuzz() {
        let iterations = ProcessInfo.processInfo.environment["TENURE_FUZZ_ITERATIONS"].flatMap(UInt64.init) ?? 2_000
        for seed in 0..<iterations {
            var mutator = LineMutator(seed: seed)
            let text = mutator.text()
            let cuts = mutator.cuts(text.count)
            for limits in [DecoderLimits(), Self.small] {
                let rows = decode(text, limits: limits)
                #expect(decode(text, cuts: cuts, limits: limits, maximumLines: 2) == rows, "seed \(seed)")
                for row in rows {
                    if let fault = brokenPromise(row, limits) {
                        Issue.record(
                            "\(fault), seed \(seed): \(String(decoding: text, as: UTF8.self).debugDescription)")
                    }
                }
                if let fault = misplaced(rows, text) { Issue.record("\(fault), seed \(seed)") }
            }
        }
    }

    /// A decoder guesses names from the lines before, and may not be misled by them.
    @Test("an object is the same row behind any other objects")
    func guessedNames() {
        var mutator = LineMutator(seed: 7)
        let experienced = LineDecoder()
        func row(_ decoder: LineDecoder, _ object: [UInt8]) -> Row {
            var batch = LineBatch()
            object.withUnsafeBytes { decoder.decodeObject($0, into: &batch) }
            return Row(batch.lines[0], batch)
        }
        for round in 0..<20_000 {
            let object = mutator.object(spoilt: round % 3)
            let expected = row(LineDecoder(), object)
            #expect(row(experienced, object) == expected, "\(String(decoding: object, as: UTF8.self).debugDescription)")
        }
    }

    @Test(
        "a name that stood behind another one is no first name, and one means what it means in its own object",
        arguments: [
            #"{,"company":"c","task":"t"}"#, #"{"company":"c",,"task":"t"}"#, #"{"company":"c" "task":"t"}"#,
            #"{"company":"c","task":"t","props":{"task":"u","company":"d"},"user":"u"}"#,
            #"{"company":"c","task":"t","props":{,"task":"u"}}"#, #"{"company":"c","task":"t","user":"u",}"#,
            #"{"company":"c","task":"t","traits":{"email":"a@b.c"},"context":{"email":"d@e.f","groupId":"g"}}"#,
        ])
    func guessedPlaces(object: String) {
        let decoder = LineDecoder()
        func row(_ decoder: LineDecoder, _ text: String) -> Row {
            var batch = LineBatch()
            Array(text.utf8).withUnsafeBytes { decoder.decodeObject($0, into: &batch) }
            return Row(batch.lines[0], batch)
        }
        for known in [
            #"{"company":"c","task":"t","props":{"company":"d","task":"u"},"user":"u","email":"x"}"#,
            #"{"task":"t","company":"c","context":{"groupId":"g","email":"x"},"email":"y"}"#,
        ] {
            for _ in 0..<2 { #expect(row(decoder, known).kind == .record) }
            #expect(row(decoder, object) == row(LineDecoder(), object))
        }
    }

    /// What is wrong with a row, whatever the line was; nil when nothing is.
    private func brokenPromise(_ row: Row, _ limits: DecoderLimits) -> String? {
        if row.kind == .refused {
            if row.detail.isEmpty { return "a refusal without a detail" }
            return String(validating: row.detail, as: UTF8.self) == nil ? "a detail that is not UTF-8" : nil
        }
        if row.text.count > limits.lineBytes { return "a line beyond the limit" }
        for name in [
            row.company, row.user, row.previousUser, row.task, row.unit, row.source, row.id, row.email, row.producer,
        ] {
            if name.count > limits.nameBytes { return "a name beyond the limit" }
            if String(validating: name, as: UTF8.self) == nil { return "a name that is not UTF-8" }
        }
        if !row.payload.isEmpty {
            if row.payload.count > limits.propsBytes { return "a payload beyond the limit" }
            guard let json = try? JSON(parsing: row.payload), json.members != nil else {
                return "a payload that is no object: \(String(decoding: row.payload, as: UTF8.self))"
            }
        }
        if row.kind == .record {
            if row.record.isEvent, row.task.isEmpty { return "an event without a task" }
            if !WholeCounts.range.contains(row.count) { return "a count out of range" }
            if abs(row.amount.micros) > Amount.greatestMicros { return "an amount out of range" }
        }
        return nil
    }

    private enum WholeCounts {
        static let range: ClosedRange<UInt64> = 1...9_007_199_254_740_992
    }

    /// The rows' texts must stand in the input, in order and as whole lines, and nothing beside them
    /// may be more than blank lines, comments and the unkept rest of long lines.
    private func misplaced(_ rows: [Row], _ input: [UInt8]) -> String? {
        var rest = input[...]
        for row in rows {
            while !isWholeLine(row, atStartOf: rest) {
                guard !rest.isEmpty else { return "a row that was not sent: \(row)" }
                if let fault = skipLine(&rest) { return fault }
            }
            rest = rest.dropFirst(row.text.count)
            rest = rest.drop { $0 != UInt8(ascii: "\n") }.dropFirst()
        }
        while !rest.isEmpty {
            if let fault = skipLine(&rest) { return fault }
        }
        return nil
    }

    private func isWholeLine(_ row: Row, atStartOf rest: ArraySlice<UInt8>) -> Bool {
        guard rest.starts(with: row.text) else { return false }
        let next = rest.dropFirst(row.text.count).first
        return next == nil || next == UInt8(ascii: "\n") || row.error == "too_long"
    }

    private func skipLine(_ rest: inout ArraySlice<UInt8>) -> String? {
        let line = rest.prefix { $0 != UInt8(ascii: "\n") }
        rest = rest.dropFirst(line.count + 1)
        let text = line.drop { $0 == UInt8(ascii: " ") }
        if text.isEmpty || text.first == UInt8(ascii: "#") || text.elementsEqual([UInt8(ascii: "\r")]) { return nil }
        return "a line without a row: \(String(decoding: line, as: UTF8.self).debugDescription)"
    }
}
