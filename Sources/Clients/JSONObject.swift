import UsageModel
import WireFormat

/// A JSON object in place, in a text that was found valid before.
struct JSONObject {
    /// From its opening to its closing brace.
    let text: UnsafeRawBufferPointer

    /// How deep a body may nest: four times what an event may (`limits.json_depth`), so that an event which
    /// goes too deep is refused alone; the scanner recurses once a level.
    static let depthLimit = 128

    /// Nil when `text`, without blanks around it, is another value.
    init?(_ text: UnsafeRawBufferPointer) {
        guard text.first == UInt8(ascii: "{") else { return nil }
        self.text = text
    }

    /// Hands each member to `body`: its name, and where its value stands in `text`. O(length).
    func forEachMember(_ body: (_ name: UnsafeRawBufferPointer, _ value: JSONSlice) -> Void) {
        var scanner = JSONScanner(text, depthLimit: Self.depthLimit)
        do throws(JSONError) {
            _ = try scanner.nextKind()
            var progress = try scanner.beginObject(depth: 0)
            while let name = try scanner.nextName(&progress) {
                let written = text.slice(name.offset..<(name.offset + name.count))
                let value = try scanner.skipValue(depth: 1)
                guard name.hasEscapes else {
                    body(written, value)
                    continue
                }
                var unescaped: [UInt8] = []
                JSONScanner.unescape(written, into: &unescaped)
                unescaped.withUnsafeBytes { body($0, value) }
            }
        } catch {
            preconditionFailure("the text was scanned before")
        }
    }

    /// The value of the member `name`, nil when it is absent or null; of equal names the last counts.
    func value(_ name: UnsafeRawBufferPointer) -> JSONSlice? {
        var found: JSONSlice?
        forEachMember { if $0.elementsEqual(name) { found = $1 } }
        return found.flatMap { $0.kind == .null ? nil : $0 }
    }

    func value(_ name: StaticString) -> JSONSlice? {
        value(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    /// The object that is the value of the member `name`.
    func object(_ name: StaticString) -> JSONObject? { value(name).flatMap(object) }

    /// The object at `slice`; nil for any other value.
    func object(_ slice: JSONSlice) -> JSONObject? { JSONObject(text.slice(slice.written)) }

    /// The text of the string or number at `slice`; nil for any other value and for an empty text.
    func plainText(_ slice: JSONSlice) -> [UInt8]? {
        guard slice.kind == .string || slice.kind == .number, slice.count > 0 else { return nil }
        let written = text.slice(slice.offset..<(slice.offset + slice.count))
        guard slice.hasEscapes else { return Array(written) }
        var unescaped: [UInt8] = []
        JSONScanner.unescape(written, into: &unescaped)
        return unescaped
    }
}
