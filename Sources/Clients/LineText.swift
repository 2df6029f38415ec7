import UsageModel
import WireFormat

/// A JSON line of ours that is written from another client's event.
///
/// Values are copied as they were written, so that numbers keep their digits and nothing is unescaped and
/// escaped again.
struct LineText {
    private(set) var bytes: [UInt8] = []

    /// Begins a new line.
    mutating func begin() {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(UInt8(ascii: "{"))
    }

    mutating func end() { bytes.append(UInt8(ascii: "}")) }

    /// Adds the value at `slice` of `object`; nothing when there is none.
    mutating func add(_ name: StaticString, _ slice: JSONSlice?, of object: JSONObject) {
        guard let slice, slice.kind != .null else { return }
        addName(name)
        bytes.append(contentsOf: object.text.slice(slice.written))
    }

    /// Adds a string; nothing when there is none.
    mutating func add(_ name: StaticString, text: (some Collection<UInt8>)?) {
        guard let text, !text.isEmpty else { return }
        addName(name)
        bytes.append(UInt8(ascii: "\""))
        for byte in text { JSON.writeEscaped(byte, to: &bytes) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func addName(_ name: StaticString) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(contentsOf: "\":".utf8)
    }
}
