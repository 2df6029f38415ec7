import UsageModel
import WireFormat

/// A name as a line has it, and its number if the log knows it. Interned only when the line is
/// accepted, so refused lines cannot fill the dictionary.
struct NameReference<I: Identifier> {
    var bytes: UnsafeRawBufferPointer
    /// None when the name is absent or new.
    var id: I

    init(_ bytes: UnsafeRawBufferPointer, in names: NameTable) {
        self.bytes = bytes
        id = bytes.isEmpty ? .none : names.find(bytes) ?? .none
    }

    /// A name that the log knows already.
    init(_ id: I) {
        bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        self.id = id
    }

    static var absent: Self { Self(I.none) }

    var isNew: Bool { id.isNone && !bytes.isEmpty }
    var isAbsent: Bool { id.isNone && bytes.isEmpty }

    func interned(in names: NameTable) -> I { isNew ? names.intern(bytes) : id }
}

/// A line on its way to becoming a record: names looked up, company found, nothing changed yet.
struct Draft {
    var line: Line
    var flags: RecordFlags
    var time: Timestamp
    var company: NameReference<CompanyID>
    /// As sent; for `alias` the user that vanishes.
    var sentUser: NameReference<UserID>
    /// `alias` only: the user merged into.
    var targetUser: NameReference<UserID>
    var task: NameReference<TaskID>
    var unit: NameReference<UnitID>
    var source: NameReference<SourceID>
    var id: UnsafeRawBufferPointer
    var payload: UnsafeRawBufferPointer

    /// The scope in which the id is unique, as `EventFingerprint` wants it.
    var scopeSeed: UInt64 {
        flags.contains(.companyDerived) || company.isAbsent
            ? EventFingerprint.scopeSeed(user: sentUser.id) : EventFingerprint.scopeSeed(company: company.id)
    }

    /// Whether the scope has a number yet; an id in a new scope cannot have been seen.
    var isScopeKnown: Bool {
        flags.contains(.companyDerived) || company.isAbsent ? !sentUser.isNew : !company.isNew
    }
}

/// Why a line is refused: the wire's code, and words that name the remedy.
struct Refusal: Error {
    var error: LineError
    var detail: String
}

/// 64 bits that stand for an event's id within its scope, as the duplicate index keeps them. The
/// numbers of names are the log's, so fingerprints are the same after every replay. A collision costs
/// one more look into the log and nothing else.
enum EventFingerprint {
    /// The company as sent …
    static func scopeSeed(company: CompanyID) -> UInt64 { UInt64(company.number) }

    /// … or, where the sender named none, the user as sent.
    static func scopeSeed(user: UserID) -> UInt64 { UInt64(user.number) | 1 << 63 }

    static func of(id: UnsafeRawBufferPointer, scopeSeed: UInt64) -> UInt64 { hash64(id, seed: scopeSeed) }

    static func of(_ record: Record, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let isScopedByUser = record.flags.contains(.companyDerived) || record.company.isNone
        return of(
            id: UnsafeRawBufferPointer(rebasing: bytes[record.id.indices]),
            scopeSeed: isScopedByUser ? scopeSeed(user: record.sentUser) : scopeSeed(company: record.company))
    }
}

extension [UInt8] {
    /// `withUnsafeBytes` with a typed throw.
    func withRawBytes<R, E>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try withUnsafeBufferPointer { (buffer) throws(E) in try body(UnsafeRawBufferPointer(buffer)) }
    }
}
