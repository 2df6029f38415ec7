import Foundation
import Testing
import UsageModel

@Suite("JSON")
struct JSONParsingTests {
    /// Each seed is its iteration's number; `TENURE_FUZZ_ITERATIONS` asks for more of them.
    private static var iterations: UInt64 {
        ProcessInfo.processInfo.environment["TENURE_FUZZ_ITERATIONS"].flatMap(UInt64.init) ?? 3_000
    }

    @Test("generated documents mean the same to Foundation")
    func generated() throws {
        for seed in 0..<Self.iterations {
            var documents = JSONDocuments(seed: seed)
            let text = documents.document()
            let theirs = try JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)
            let ours = try JSON(parsing: text)
            #expect(isSame(ours, theirs), "seed \(seed): \(String(decoding: text, as: UTF8.self))")
            #expect(try JSON(parsing: ours.utf8) == ours, "seed \(seed)")
        }
    }

    @Test("spoilt documents are accepted and refused as Foundation does, with the same values")
    func spoilt() {
        var accepted = 0
        for seed in 0..<Self.iterations {
            var documents = JSONDocuments(seed: seed)
            let text = documents.spoiltDocument()
            let theirs = try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)
            let ours = try? JSON(parsing: text)
            let quoted = String(decoding: text, as: UTF8.self).debugDescription
            switch (ours, theirs) {
            case (nil, nil): break
            case (let ours?, let theirs?):
                accepted += 1
                #expect(isSame(ours, theirs), "seed \(seed): \(quoted)")
            case (_?, nil): Issue.record("only we accept, seed \(seed): \(quoted)")
            case (nil, _?):
                // The two things in which Foundation is not strict.
                #expect(
                    hasTrailingComma(text) || hasNumberOutOfRange(text),
                    "only Foundation accepts, seed \(seed): \(quoted)")
            }
        }
        #expect(accepted > Self.iterations / 100 && accepted < Self.iterations, "the documents are one-sided")
    }

    private func hasTrailingComma(_ text: [UInt8]) -> Bool {
        let plain = text.filter { !" \t\r\n".utf8.contains($0) }
        return zip(plain, plain.dropFirst()).contains { $0 == UInt8(ascii: ",") && ($1 | 0x20) == UInt8(ascii: "}") }
    }

    /// Sometimes Foundation reads such a number as a Decimal that is not a number.
    private func hasNumberOutOfRange(_ text: [UInt8]) -> Bool {
        do throws(JSONError) {
            _ = try JSON(parsing: text)
            return false
        } catch {
            return error.reason == .numberOutOfRange
        }
    }

    private func isSame(_ ours: JSON, _ theirs: Any) -> Bool {
        switch ours {
        case .null: return theirs is NSNull
        case .bool(let value): return theirs as? Bool == value
        case .number(let text):
            guard let ours = Double(text), let theirs = (theirs as? NSNumber)?.doubleValue else { return false }
            // Foundation reads long numbers through a Decimal, which costs it the last bits.
            return abs(ours - theirs) <= 4 * max(ours.ulp, theirs.ulp)
        case .string(let value): return (theirs as? String)?.utf8.elementsEqual(value.utf8) ?? false
        case .array(let elements):
            guard let theirs = theirs as? [Any], theirs.count == elements.count else { return false }
            return zip(elements, theirs).allSatisfy { isSame($0, $1) }
        case .object(let members):
            guard let theirs = theirs as? [String: Any], theirs.count == members.count else { return false }
            return members.allSatisfy { member in theirs[member.name].map { isSame(member.value, $0) } ?? false }
        }
    }

    // MARK: Without Foundation

    @Test(
        "what Foundation lets pass or cannot say is settled here",
        arguments: [
            ("[1,]", JSONError.Reason.expectedValue, 3), ("{\"a\":1,}", .expectedName, 7), ("", .unexpectedEnd, 0),
            ("1 2", .trailingBytes, 2), ("nul", .unexpectedEnd, 3), ("nulL", .expectedValue, 0),
            ("01", .trailingBytes, 1),
            ("1.", .unexpectedEnd, 2), ("-", .unexpectedEnd, 1), ("-a", .badNumber, 1), ("1e400", .numberOutOfRange, 0),
            ("-1\(String(repeating: "0", count: 400))", .numberOutOfRange, 0), ("\"\\ud800\"", .loneSurrogate, 1),
            ("\"\\ud800\\u0041\"", .loneSurrogate, 1), ("\"\\udc00\"", .loneSurrogate, 1),
            ("\"\\u12g4\"", .badEscape, 1), ("\"\\x\"", .badEscape, 1), ("\"a\nb\"", .controlCharacter, 2),
            ("\"a", .unexpectedEnd, 2), ("{\"a\"1}", .expectedColon, 4), ("{\"a\":1 2}", .expectedCommaOrBrace, 7),
            ("[1 2]", .expectedCommaOrBracket, 3), ("{1:2}", .expectedName, 1), ("[", .unexpectedEnd, 1),
        ])
    func refused(text: String, reason: JSONError.Reason, offset: Int) {
        #expect(throws: JSONError(reason, at: offset)) { try JSON(parsing: text) }
        #expect(JSONError(reason, at: offset).message.hasSuffix("at byte \(offset)"))
    }

    @Test("nesting to the limit is accepted and one level more is not")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try JSON(parsing: nested(64)).arrayValue?.count == 1)
        #expect(throws: JSONError(.tooDeep, at: 64)) { try JSON(parsing: nested(65)) }
        #expect(throws: JSONError(.tooDeep, at: 64)) { try JSON(parsing: String(repeating: "[", count: 1_000_000)) }
    }

    @Test("of equal names the last value counts, in the first one's place, however many there are")
    func duplicates() throws {
        #expect(try JSON(parsing: #"{"a":1,"b":2,"\u0061":3}"#).text == #"{"a":3,"b":2}"#)
        let names = (0..<100).map { "k\($0 % 40)" }
        let text = "{" + names.enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",") + "}"
        let members = try #require(try JSON(parsing: text).members)
        #expect(members.map(\.name) == (0..<40).map { "k\($0)" })
        #expect(members.map(\.value) == (0..<40).map { .int($0 < 20 ? $0 + 80 : $0 + 40) })
    }

    @Test("numbers stay as they are written")
    func numbers() throws {
        for text in ["0.10", "-0", "1E5", "123456789012345678901234567890.5"] {
            #expect(try JSON(parsing: text) == .number(text))
        }
    }
}
