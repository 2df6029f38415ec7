import UsageModel
import WireFormat

/// Where in an event a value stands: names of members with dots between them, `properties.account.id`.
public struct FieldPath: Sendable, Hashable {
    /// At least one, none of them empty.
    public let names: [String]
    private let bytes: [[UInt8]]

    /// Nil when a name is empty.
    public init?(_ text: String) {
        let names = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.names = names
        bytes = names.map { Array($0.utf8) }
    }

    /// The text of the string or number that stands there in `event`, a valid JSON object; nil when there is none.
    func text(in event: UnsafeRawBufferPointer) -> [UInt8]? {
        guard var object = JSONObject(event) else { return nil }
        for name in bytes.dropLast() {
            guard let inner = name.withUnsafeBytes({ object.value($0) }).flatMap(object.object) else { return nil }
            object = inner
        }
        return bytes[bytes.count - 1].withUnsafeBytes { object.value($0) }.flatMap(object.plainText)
    }
}
