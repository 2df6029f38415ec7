import TestSupport
import Testing
import UsageModel
import WireFormat

@Suite("Fuzz: lines of any sender")
struct LineFuzz {
    /// Small limits, so that lines run into them too.
    private static let limits = [
        DecoderLimits(), DecoderLimits(lineBytes: 120, nameBytes: 12, propsBytes: 60, jsonDepth: 5),
        DecoderLimits(lineBytes: 24, nameBytes: 5, propsBytes: 8, jsonDepth: 2),
    ]

    private static let words = [
        "\\\"", "\\\\", "\\u0000", "\\ud83d\\ude00", "\\ud800", "1e400", "-0", "1e-400", "0.0000005",
        "18446744073709551616",
        "9223372036854775807", "-9223372036854775808i", "18446744073709551615u", "1000000000000000000.5", "\r\n",
        "\n\n",
        "null", "true", "\u{0}", "\u{FEFF}", "\u{2028}", "#!sync ", "{\"type\":\"", "\"company\":", "\"props\":{",
        "\"time\":",
        "\"2026-02-30T24:00:00Z\"", "\"2026-11-22T10:00:00.123456789+14:00\"", ",company=", " amount=", "=\"\n\"",
        "\",b=\"",
    ].map { Array($0.utf8) }

    @Test("any cut of any input gives the same rows, and every row keeps its promises")
    func lines() throws {
        let signs = Array("\"\\\n\r,= #!{}[]:0123456789-+.eEiutTfFn\t\0".utf8) + [0x7F, 0x80, 0xC3, 0xED, 0xF0, 0xFF]
        let mutator = Mutator(corpus: try Mutator.files("lines"), signs: signs, words: Self.words)
        let guarded = GuardedBytes()
        var input: [UInt8] = []
        var whole = LineBatch()
        var cut = LineBatch()
        FuzzRun("lines", count: 2_000)() { random in
            mutator.next(&random, into: &input)
            let limits = Self.limits[Int(random.below(8)) % Self.limits.count]
            let precision = random.pick([TimestampPrecision.ns, .us, .ms, .s])
            Self.decodeWhole(input, limits, precision, guarded, into: &whole)
            if let fault = LinePromises.broken(by: whole, limits) { return fault }
            var cuts = random
            if let fault = Self.decodeCut(input, limits, precision, guarded, &cuts, gaps: false, into: &cut) {
                return fault
            }
            if !LinePromises.areSame(whole, cut) { return "the rows depend on the cuts" }
            // A silence may end an open string, so what comes out is another matter; it must come out.
            if random.below(4) == 0 {
                let fault = Self.decodeCut(input, limits, precision, guarded, &random, gaps: true, into: &cut)
                return fault ?? LinePromises.broken(by: cut, limits)
            }
            return nil
        }
    }

    @Test("one object of a request's body, whatever it is")
    func objects() throws {
        let mutator = Mutator(
            corpus: try Mutator.files("lines") + Mutator.files("json"),
            signs: Array("\"\\{}[]:,0-.eE tfn\0".utf8) + [0xFF],
            words: Self.words)
        let guarded = GuardedBytes()
        var input: [UInt8] = []
        var batch = LineBatch()
        FuzzRun("objects", count: 4_000)() { random in
            mutator.next(&random, into: &input)
            let limits = Self.limits[Int(random.below(8)) % Self.limits.count]
            batch.removeAll()
            LineDecoder(limits: limits).decodeObject(guarded.hold(input), into: &batch)
            guard batch.lines.count == 1 else { return "\(batch.lines.count) rows for one object" }
            return LinePromises.broken(by: batch, limits)
        }
    }

    private static func decodeWhole(
        _ input: [UInt8], _ limits: DecoderLimits, _ precision: TimestampPrecision, _ guarded: GuardedBytes,
        into batch: inout LineBatch
    ) {
        batch.removeAll()
        var decoder = LineDecoder(limits: limits, precision: precision)
        _ = decoder.decode(guarded.hold(input), into: &batch, atEnd: true, maximumLines: .max / 2)
    }

    /// As a socket would deliver it: pieces of any length, a batch's worth of rows at a time. With `gaps`,
    /// the sender falls silent now and then.
    private static func decodeCut(
        _ input: [UInt8], _ limits: DecoderLimits, _ precision: TimestampPrecision, _ guarded: GuardedBytes,
        _ random: inout SeededRandom, gaps: Bool, into batch: inout LineBatch
    ) -> String? {
        batch.removeAll()
        var decoder = LineDecoder(limits: limits, precision: precision)
        let longest = random.pick([1, 3, 20, 100, 70_000])
        let maximumLines = random.pick([1, 2, 1_000])
        var consumed = 0
        var end = 0
        repeat {
            // A long input byte by byte would cost its square.
            end = min(input.count, end + max(Int(random.below(UInt64(longest))) + 1, input.count / 200))
            while true {
                let linesBefore = batch.lines.count
                let piece = guarded.hold(input[consumed..<end])
                let count = decoder.decode(
                    piece, into: &batch, atEnd: end == input.count, maximumLines: maximumLines,
                    giveUpOpenString: gaps && random.below(4) == 0)
                guard (0...piece.count).contains(count) else { return "\(count) of \(piece.count) bytes consumed" }
                consumed += count
                if batch.lines.count - linesBefore < maximumLines { break }
            }
            if end - consumed > limits.lineBytes { return "\(end - consumed) bytes wait for the end of a line" }
        } while end < input.count
        return consumed == input.count ? nil : "the decoder left bytes behind at the end"
    }
}
