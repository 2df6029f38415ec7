/// Text → `JSON`, with the same strict scanner as the ingest path.
extension JSON {
    /// How deep objects and arrays may nest where the caller names no limit.
    public static let defaultDepthLimit = 64

    /// Reads exactly one JSON value with white space around it.
    ///
    /// Where a member's name repeats, the last value counts and stands in the first one's place, as in
    /// Foundation's `JSONSerialization`. O(length).
    public static func parse(
        _ text: UnsafeRawBufferPointer, depthLimit: Int = defaultDepthLimit
    ) throws(JSONError) -> JSON {
        var parser = JSONParser(text, depthLimit: depthLimit)
        let value = try parser.value(depth: 0)
        try parser.expectEnd()
        return value
    }

    public init(parsing text: String) throws(JSONError) {
        var text = text
        // Typed throws do not pass through `withUTF8`, so the outcome is carried out as a value.
        let outcome = text.withUTF8 { bytes -> Result<JSON, JSONError> in
            do throws(JSONError) {
                return .success(try JSON.parse(UnsafeRawBufferPointer(bytes)))
            } catch {
                return .failure(error)
            }
        }
        self = try outcome.get()
    }

    public init(parsing bytes: [UInt8]) throws(JSONError) {
        let outcome = bytes.withUnsafeBytes { bytes -> Result<JSON, JSONError> in
            do throws(JSONError) {
                return .success(try JSON.parse(bytes))
            } catch {
                return .failure(error)
            }
        }
        self = try outcome.get()
    }
}

private struct JSONParser {
    private let text: UnsafeRawBufferPointer
    private var scanner: JSONScanner

    init(_ text: UnsafeRawBufferPointer, depthLimit: Int) {
        self.text = text
        scanner = JSONScanner(text, depthLimit: depthLimit)
    }

    mutating func expectEnd() throws(JSONError) { try scanner.expectEnd() }

    mutating func value(depth: Int) throws(JSONError) -> JSON {
        switch try scanner.nextKind() {
        case .object:
            var progress = try scanner.beginObject(depth: depth)
            var members = JSONMembers()
            while let name = try scanner.nextName(&progress) {
                members.set(string(name), try value(depth: depth + 1))
            }
            return .object(members.list)
        case .array:
            var progress = try scanner.beginArray(depth: depth)
            var elements: [JSON] = []
            while try scanner.nextElement(&progress) { elements.append(try value(depth: depth + 1)) }
            return .array(elements)
        case .string: return .string(string(try scanner.scanString()))
        case .number:
            let slice = try scanner.scanNumber()
            return .number(String(decoding: text[slice.written], as: UTF8.self))
        case .true, .false, .null:
            switch try scanner.skipValue(depth: depth).kind {
            case .true: return .bool(true)
            case .false: return .bool(false)
            default: return .null
            }
        }
    }

    private func string(_ slice: JSONSlice) -> String {
        let bytes = UnsafeRawBufferPointer(rebasing: text[slice.offset..<(slice.offset + slice.count)])
        guard slice.hasEscapes else { return String(decoding: bytes, as: UTF8.self) }
        var unescaped: [UInt8] = []
        unescaped.reserveCapacity(bytes.count)
        JSONScanner.unescape(bytes, into: &unescaped)
        return String(decoding: unescaped, as: UTF8.self)
    }
}

/// An object's members while they are read; the last of equal names wins.
private struct JSONMembers {
    private(set) var list: [JSON.Member] = []
    /// Places by name, once there are too many to compare each with each. Keyed by bytes, because
    /// Swift's strings are equal when only canonically equivalent, which JSON's names are not.
    private var places: [[UInt8]: Int] = [:]

    private static let linearLimit = 16

    mutating func set(_ name: String, _ value: JSON) {
        if list.count == Self.linearLimit {
            for (place, member) in list.enumerated() { places[Array(member.name.utf8)] = place }
        }
        let place: Int?
        if list.count < Self.linearLimit {
            place = list.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
        } else {
            place = places[Array(name.utf8)]
        }
        if let place {
            list[place].value = value
        } else {
            if list.count >= Self.linearLimit { places[Array(name.utf8)] = list.count }
            list.append(JSON.Member(name, value))
        }
    }
}
