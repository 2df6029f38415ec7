/// The path and query of a request, percent-encoded (RFC 3986).
struct RequestTarget: Sendable, Equatable {
    private(set) var text: String
    private var hasQuery = false

    /// A path from its segments, which may hold any character.
    init(_ segments: String...) {
        text = segments.map { "/" + Self.encode($0) }.joined()
    }

    /// With a query parameter behind those already there; none for nil.
    func with(_ name: String, _ value: String?) -> RequestTarget {
        guard let value else { return self }
        var target = self
        target.text += (hasQuery ? "&" : "?") + Self.encode(name) + "=" + Self.encode(value)
        target.hasQuery = true
        return target
    }

    /// Everything but RFC 3986's unreserved characters as `%XX`.
    private static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
