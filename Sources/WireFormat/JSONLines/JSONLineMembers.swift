import UsageModel

/// Room for one `JSONLineMembers`, allocated once for each decoder and used again for every line.
final class JSONLineTable {
    /// A value's place in 12 bytes, since the table is cleared for each line, to zeros.
    struct Slot: BitwiseCopyable {
        /// 0 for none: an object's values stand behind its brace.
        var offset: UInt32 = 0
        var count: UInt32 = 0
        var kind = JSONKind.string
        var hasEscapes = false
    }

    static let slotCount = JSONLineField.allCases.count

    /// One for each `JSONLineField`, in the order of raw values.
    let slots: UnsafeMutablePointer<Slot>
    let guesses: UnsafeMutablePointer<JSONLineGuesses.Guess>

    init() {
        slots = .allocate(capacity: Self.slotCount)
        slots.initialize(repeating: Slot(), count: Self.slotCount)
        guesses = JSONLineGuesses.allocateMemory()
    }

    deinit {
        slots.deallocate()
        guesses.deallocate()
    }
}

/// The places of a JSON line's known members: one pass over the line that checks all of it and keeps
/// what `JSONLineField` names. The order of members does not matter; of equal names the last counts,
/// as in Foundation's `JSONSerialization`; `null` is the same as absent.
struct JSONLineMembers: ~Copyable {
    private typealias Slot = JSONLineTable.Slot

    let text: UnsafeRawBufferPointer
    private var scanner: JSONScanner
    /// Behind a pointer, because an array inside the struct is copied whole where one slot is read.
    private let slots: UnsafeMutablePointer<Slot>
    private var guesses: JSONLineGuesses

    /// `table` must outlive the members, and belongs to them as long.
    init(_ text: UnsafeRawBufferPointer, depthLimit: Int, table: JSONLineTable) {
        self.text = text
        scanner = JSONScanner(text, depthLimit: depthLimit)
        slots = table.slots
        guesses = JSONLineGuesses(table.guesses)
        let byteCount = JSONLineTable.slotCount * MemoryLayout<Slot>.stride
        UnsafeMutableRawPointer(slots).initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }

    /// Scans the JSON object that the text begins with, and returns where it ends. O(its length).
    mutating func scanObject() throws(JSONError) -> Int {
        guard try scanner.nextKind() == .object else { throw JSONError(.expectedValue, at: scanner.offset) }
        try scan(.line, depth: 0)
        return scanner.offset
    }

    /// Nothing but white space may follow the object.
    mutating func expectEnd() throws(JSONError) { try scanner.expectEnd() }

    /// The value of `field`, nil when it is absent or null.
    @inline(__always)
    subscript(field: JSONLineField) -> JSONSlice? {
        let slot = slots[Int(field.rawValue)]
        guard slot.offset != 0 else { return nil }
        return JSONSlice(
            kind: slot.kind, hasEscapes: slot.hasEscapes, offset: Int(slot.offset), count: Int(slot.count))
    }

    private mutating func scan(_ scope: JSONLineScope, depth: Int) throws(JSONError) {
        var progress = try scanner.beginObject(depth: depth)
        var place = JSONLineGuesses.Place(scope, isFirst: true)
        guesses.begin(scope)
        while true {
            if !guesses.skipExpected(&scanner, &progress, at: place) {
                let start = scanner.offset
                guard let name = try scanner.nextName(&progress) else { return }
                _ = try scanner.nextKind()
                guesses.learn(text.slice(start..<scanner.offset), at: place, field: field(name, in: scope))
            }
            place = JSONLineGuesses.Place(scope, isFirst: false)
            try scanValue(of: guesses.field, depth: depth + 1)
        }
    }

    /// Scans the value that comes next and keeps its place for `field`.
    @inline(__always)
    private mutating func scanValue(of field: JSONLineField?, depth: Int) throws(JSONError) {
        guard let field else {
            _ = try scanner.skipValue(depth: depth)
            return
        }
        guard let inner = field.inner else { return set(field, try scanner.skipValue(depth: depth)) }
        if self[field] != nil { for index in inner.fields { slots[Int(index)] = Slot() } }
        guard try scanner.nextKind() == .object else { return set(field, try scanner.skipValue(depth: depth)) }
        let start = scanner.offset
        let last = guesses.last
        try scan(inner.scope, depth: depth)
        guesses.last = last
        set(field, JSONSlice(kind: .object, offset: start, count: scanner.offset - start))
    }

    @inline(__always)
    private func set(_ field: JSONLineField, _ slice: JSONSlice) {
        slots[Int(field.rawValue)] =
            slice.kind == .null
            ? Slot()
            : Slot(
                offset: UInt32(slice.offset), count: UInt32(slice.count), kind: slice.kind,
                hasEscapes: slice.hasEscapes)
    }

    private func field(_ name: JSONSlice, in scope: JSONLineScope) -> JSONLineField? {
        let bytes = text.slice(name.offset..<(name.offset + name.count))
        guard name.hasEscapes else { return scope.field(bytes) }
        // Legal, and nobody does it: `"\u0074ime"`.
        var unescaped: [UInt8] = []
        JSONScanner.unescape(bytes, into: &unescaped)
        return unescaped.withUnsafeBytes { scope.field($0) }
    }
}
