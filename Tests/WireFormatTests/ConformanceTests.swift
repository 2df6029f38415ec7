import TestSupport
import Testing
import UsageModel
import WireFormat

@Suite(
    "InfluxDB's conformance corpus",
    .enabled(if: TestData.lineProtocolCases.isThere, "\(TestData.lineProtocolCases.missing)"))
struct ConformanceTests {
    @Test("every case is accepted or refused as the corpus says, with its values")
    func everyCase() throws {
        let cases = try ConformanceCorpus.cases()
        #expect(cases.count == 3_312)
        for conformanceCase in cases { check(conformanceCase) }
    }

    @Test("every case gives the same events whether it comes at once or byte by byte")
    func everyCaseByteByByte() throws {
        for conformanceCase in try ConformanceCorpus.cases() {
            let text = conformanceCase.text
            let quoted = String(decoding: text, as: UTF8.self).debugDescription
            #expect(decode(text) == decode(text, cuts: Array(0..<text.count)), "\(quoted)")
        }
    }

    private func check(_ expected: ConformanceCase) {
        let precision = ["1ns": TimestampPrecision.ns, "1µs": .us, "1ms": .ms, "1s": .s][expected.precision] ?? .ns
        let text = String(decoding: expected.text, as: UTF8.self).debugDescription
        var points: [LineProtocolPoint] = []
        var errors: [LineProtocolError] = []
        var reader = LineProtocolReader(precision: precision)
        let consumed = expected.text.withUnsafeBytes { bytes in
            reader.read(bytes, atEnd: true) { result in
                switch result {
                case .success(let point): points.append(point)
                case .failure(let error): errors.append(error)
                }
            }
        }
        #expect(consumed == expected.text.count, "\(text)")
        guard let expectedPoints = expected.points else {
            #expect(!errors.isEmpty, "accepted: \(text)")
            return
        }
        #expect(errors.isEmpty, "refused: \(text)")
        #expect(points.count == expectedPoints.count, "\(text)")
        for (point, expectedPoint) in zip(points, expectedPoints) {
            #expect(point.name == expectedPoint.name, "\(text)")
            #expect(Dictionary(uniqueKeysWithValues: point.tags.map { ($0.name, $0.value) }) == expectedPoint.tags)
            #expect(point.time ?? expected.defaultTime == expectedPoint.time, "\(text)")
            #expect(point.fields.map(\.name) == expectedPoint.fields.map(\.name), "\(text)")
            for (field, expectedField) in zip(point.fields, expectedPoint.fields) {
                #expect(isEqual(field.value, expectedField.value), "\(field) for \(expectedField) in \(text)")
            }
        }
    }

    private func isEqual(_ value: LineProtocolPoint.Value, _ expected: JSON) -> Bool {
        switch value {
        case .float(let value): expected["float"]?.doubleValue == value
        case .int(let value): expected["int"] == .int(value)
        case .uint(let value): expected["uint"] == .int(value)
        case .string(let value): expected["string"] == .string(value)
        case .bool(let value): expected["bool"] == .bool(value)
        }
    }
}
