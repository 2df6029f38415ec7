public import UsageModel

/// One point of line protocol as it stands, without any meaning of ours: for people who wonder what a
/// sender's lines say, and for the conformance corpus.
public struct LineProtocolPoint: Sendable, Equatable {
    public enum Value: Sendable, Equatable {
        case float(Double)
        case int(Int64)
        case uint(UInt64)
        case string(String)
        case bool(Bool)
    }

    public struct Tag: Sendable, Equatable {
        public var name: String
        public var value: String
    }

    public struct Field: Sendable, Equatable {
        public var name: String
        public var value: Value
    }

    public var name: String
    /// In the order written; no name occurs twice.
    public var tags: [Tag]
    /// In the order written; a name may repeat.
    public var fields: [Field]
    /// Nanoseconds since 1970, nil when the point has none.
    public var time: Int64?

    /// The object that `tenure decode` prints. Where a field's name repeats, the last value counts.
    public func json(defaultTime: Int64?) -> JSON {
        var members: [JSON.Member] = [
            .init("name", .string(name)),
            .init("tags", .object(tags.map { .init($0.name, .string($0.value)) })),
        ]
        var last: [JSON.Member] = []
        var places: [String: Int] = [:]
        for field in fields {
            if let place = places[field.name] {
                last[place].value = field.value.json
            } else {
                places[field.name] = last.count
                last.append(.init(field.name, field.value.json))
            }
        }
        members.append(.init("fields", .object(last)))
        if let time = time ?? defaultTime { members.append(.init("time", .int(time))) }
        return .object(members)
    }
}

extension LineProtocolPoint.Value {
    /// The value under the name of its type: `{"float":1.5}`.
    public var json: JSON {
        switch self {
        case .float(let value): ["float": .double(value)]
        case .int(let value): ["int": .int(value)]
        case .uint(let value): ["uint": .int(value)]
        case .string(let value): ["string": .string(value)]
        case .bool(let value): ["bool": .bool(value)]
        }
    }
}
