import UsageModel
import WireFormat

/// One CloudEvent (specification 1.0), written as a line of ours.
///
/// `type` is the task; `subject` the company, or `company/user`; `data.user` the user where the subject names none;
/// `source` and `id` together the id, as the specification makes an event unique by both. `data`, when it is an
/// object, becomes the props, from whose `amount` or `value` the amount is read.
public enum CloudEvent {
    static func write(_ event: JSONObject, to line: inout LineText) {
        var id: JSONSlice?, source: JSONSlice?, type: JSONSlice?, subject: JSONSlice?, time: JSONSlice?
        var data: JSONSlice?
        event.forEachMember { name, value in
            if value.kind == .null { return }
            if name.isEqual(to: "id") {
                id = value
            } else if name.isEqual(to: "source") {
                source = value
            } else if name.isEqual(to: "type") {
                type = value
            } else if name.isEqual(to: "subject") {
                subject = value
            } else if name.isEqual(to: "time") {
                time = value
            } else if name.isEqual(to: "data") {
                data = value
            }
        }
        line.begin()
        line.add("task", type, of: event)
        let names = subject.flatMap(event.plainText)?.split(separator: UInt8(ascii: "/"), maxSplits: 1) ?? []
        line.add("company", text: names.first)
        let object = data.flatMap(event.object)
        if names.count > 1 {
            line.add("user", text: names[1])
        } else if let object {
            line.add("user", object.value("user"), of: object)
        }
        if let id = id.flatMap(event.plainText) {
            // A source is a URI, in which no space can stand.
            let scope = source.flatMap(event.plainText).map { $0 + [UInt8(ascii: " ")] } ?? []
            line.add("id", text: scope + id)
        }
        line.add("time", time, of: event)
        if object != nil { line.add("props", data, of: event) }
        line.end()
    }

    /// The event of a request in binary mode, whose attributes stand in headers, in the form that it would have
    /// in structured mode.
    ///
    /// - Parameters:
    ///   - attributes: names without `ce-`.
    ///   - data: the body; empty when there is none.
    public static func structured(
        attributes: [(name: String, value: String)], data: UnsafeRawBufferPointer
    ) throws(BodyError) -> [UInt8] {
        var bytes = JSON.object(attributes.map { JSON.Member($0.name, .string($0.value)) }).utf8
        guard !data.isEmpty else { return bytes }
        var scanner = JSONScanner(data, depthLimit: JSONObject.depthLimit)
        do throws(JSONError) {
            let value = try scanner.skipValue(depth: 1)
            try scanner.expectEnd()
            bytes.removeLast()
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: "\"data\":".utf8)
            bytes.append(contentsOf: data[value.written])
            bytes.append(UInt8(ascii: "}"))
        } catch {
            throw BodyError(error)
        }
        return bytes
    }
}
