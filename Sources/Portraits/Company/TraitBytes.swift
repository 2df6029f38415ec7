import UsageModel

/// A user's traits in one stretch of bytes: millions of users have a few each, and an enum tree per
/// trait would cost more than all else that is known of them.
///
/// Members in byte order of their names, each `name length, name, value length, value as JSON text,
/// time`; lengths and time as fixed words. The trait with the later time wins, of equal times the
/// one applied later; so late records change nothing that is newer.
struct TraitBytes {
    private(set) var bytes: [UInt8] = []

    struct Member {
        var name: String
        var value: JSON
        var time: Timestamp
    }

    init() {}

    /// What `bytes` of another were.
    init(bytes: [UInt8]) { self.bytes = bytes }

    var members: [Member] {
        var members: [Member] = []
        var index = 0
        func word<T: FixedWidthInteger>(_: T.Type) -> T {
            defer { index += MemoryLayout<T>.size }
            return bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: index, as: T.self)) }
        }
        func text() -> Range<Int> {
            let count = Int(word(UInt32.self))
            defer { index += count }
            return index..<(index + count)
        }
        while index < bytes.count {
            let name = String(decoding: bytes[text()], as: UTF8.self)
            let value = bytes[text()]
            let time = Timestamp(milliseconds: word(Int64.self))
            // The text was written from a value, so it reads back.
            guard let json = try? JSON(parsing: Array(value)) else { preconditionFailure("a trait's text is no JSON") }
            members.append(Member(name: name, value: json, time: time))
        }
        return members
    }

    /// The traits as one object.
    var json: JSON { .object(members.map { JSON.Member($0.name, $0.value) }) }

    func value(_ name: String) -> JSON? { members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value }

    /// Takes over `values` as of `time`. `null` is the same as a trait not sent.
    mutating func set(_ values: [JSON.Member], time: Timestamp) {
        merge(values.filter { !$0.value.isNull }.map { Member(name: $0.name, value: $0.value, time: time) }) {
            $0.time >= $1.time
        }
    }

    /// Takes over those of another user's traits that this one has not.
    mutating func fill(from other: TraitBytes) { merge(other.members) { _, _ in false } }

    private mutating func merge(_ added: [Member], replaces: (_ new: Member, _ old: Member) -> Bool) {
        guard !added.isEmpty else { return }
        var members = self.members
        for new in added {
            let index = members.firstIndex { !$0.name.utf8.lexicographicallyPrecedes(new.name.utf8) } ?? members.count
            if index < members.count, members[index].name.utf8.elementsEqual(new.name.utf8) {
                if replaces(new, members[index]) { members[index] = new }
            } else {
                members.insert(new, at: index)
            }
        }
        bytes.removeAll()
        for member in members {
            write(Array(member.name.utf8))
            write(member.value.utf8)
            withUnsafeBytes(of: member.time.milliseconds.littleEndian) { bytes.append(contentsOf: $0) }
        }
    }

    private mutating func write(_ text: [UInt8]) {
        withUnsafeBytes(of: UInt32(text.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: text)
    }
}
