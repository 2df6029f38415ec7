import TestSupport
import Foundation
import UsageModel

/// InfluxDB's own decode cases. Not part of the repository: see `ConformanceTests`.
struct ConformanceCase: Sendable {
    struct Point: Sendable {
        var name: String
        var tags: [String: String]
        var fields: [(name: String, value: JSON)]
        var time: Int64
    }

    var text: [UInt8]
    var defaultTime: Int64
    var precision: String
    /// Nil when the text must be refused.
    var points: [Point]?
}

enum ConformanceCorpus {
    static func cases() throws -> [ConformanceCase] {
        return try (JSON(parsing: TestData.lineProtocolCases.unpacked()).arrayValue ?? []).map(ConformanceCase.init)
    }
}

extension ConformanceCase {
    struct Malformed: Error {
        var json: JSON
    }

    init(_ json: JSON) throws {
        if let string = json["text"]?.stringValue {
            text = Array(string.utf8)
        } else if let base64 = json["text"]?["binary"]?.stringValue, let data = Data(base64Encoded: base64) {
            text = [UInt8](data)
        } else {
            throw Malformed(json: json)
        }
        guard let defaultTime = json["defaultTime"]?.intValue, let precision = json["precision"]?.stringValue,
            (json["error"] == nil) != (json["result"] == nil)
        else { throw Malformed(json: json) }
        self.defaultTime = Int64(defaultTime)
        self.precision = precision
        points = try json["result"]?.arrayValue?.map { point in
            guard let name = point["name"]?.stringValue, let time = point["time"]?.intValue,
                let tags = point["tags"]?.arrayValue, let fields = point["fields"]?.arrayValue
            else { throw Malformed(json: json) }
            return Point(
                name: name,
                tags: Dictionary(
                    uniqueKeysWithValues: tags.map { ($0["key"]?.stringValue ?? "", $0["value"]?.stringValue ?? "") }),
                fields: fields.map { ($0["key"]?.stringValue ?? "", $0["value"] ?? .null) }, time: Int64(time))
        }
    }
}
