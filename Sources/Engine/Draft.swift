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

    /// Seed of the fingerprint: the scope in which the id is unique.
    var scopeSeed: UInt64 {
        flags.contains(.companyDerived) || company.isAbsent
            ? UInt64(sentUser.id.number) | 1 << 63 : UInt64(company.id.number)
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
