import UsageModel
import WireFormat

/// A name as a line has it, and its number if the log knows it. Interned only when the line is
/// accepted, so refused lines cannot fill the dictionary.
struct NameReference<I: Identifier> {
    var bytes: UnsafeRawBufferPointer
    /// None when the name is absent or new.
    var id: I

    /// A name that was looked for before, as `seen`; names that were new then may be known by now.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, seen: I, in names: borrowing NameTable) {
        self.bytes = bytes
        id = seen
        if seen.isNone, !bytes.isEmpty, let known = names.find(bytes, as: I.self) { id = known }
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

/// A line on its way to becoming a record: names looked up, company found, nothing changed yet. Not copyable: three
/// copies on the way were a tenth of what an event cost.
struct Draft: ~Copyable {
    /// What the line says itself; names, day and texts are still missing.
    var record: Record
    var company: NameReference<CompanyID>
    /// As sent; for `alias` the user that vanishes.
    var sentUser: NameReference<UserID>
    /// `alias` only: the user merged into.
    var targetUser: NameReference<UserID>
    let task: NameReference<TaskID>
    let unit: NameReference<UnitID>
    let source: NameReference<SourceID>
    let id: UnsafeRawBufferPointer
    let payload: UnsafeRawBufferPointer
    /// As looked up ahead, in the scope of the company; 0 when it was not.
    let seenFingerprint: UInt64

    @inline(__always)
    init(
        _ line: UnsafePointer<Line>, _ bytes: UnsafeRawBufferPointer, _ outlook: LineOutlook, names: borrowing NameTable
    ) {
        @inline(__always)
        func slice(_ range: ByteRange) -> UnsafeRawBufferPointer { bytes.slice(range.indices) }
        record = Record(kind: line.pointee.record)
        record.flags = line.pointee.flags
        record.time = line.pointee.time
        record.count = line.pointee.record.isEvent ? line.pointee.count : 0
        record.amount = line.pointee.amount
        record.producerSeq = line.pointee.producerSeq
        company = NameReference(slice(line.pointee.company), seen: outlook.company, in: names)
        sentUser = NameReference(slice(line.pointee.user), seen: outlook.user, in: names)
        targetUser = .absent
        task = NameReference(slice(line.pointee.task), seen: outlook.task, in: names)
        unit = NameReference(slice(line.pointee.unit), seen: outlook.unit, in: names)
        source = NameReference(slice(line.pointee.source), seen: outlook.source, in: names)
        id = slice(line.pointee.id)
        payload = slice(line.pointee.payload)
        seenFingerprint = outlook.fingerprint
        guard line.pointee.record == .alias else { return }
        targetUser = sentUser
        sentUser = NameReference(slice(line.pointee.previousUser), seen: .none, in: names)
    }

    /// Of the id in its scope.
    @inline(__always)
    var fingerprint: UInt64 {
        seenFingerprint != 0 && !isScopedByUser
            ? seenFingerprint : EventFingerprint.of(id: id, scopeSeed: scopeSeed)
    }

    /// Where the sender named no company, an id is unique among those of its user.
    @inline(__always)
    var isScopedByUser: Bool { record.flags.contains(.companyDerived) || company.isAbsent }

    /// The scope in which the id is unique, as `EventFingerprint` wants it.
    @inline(__always)
    private var scopeSeed: UInt64 {
        isScopedByUser
            ? EventFingerprint.scopeSeed(user: sentUser.id) : EventFingerprint.scopeSeed(company: company.id)
    }

    /// Whether the scope has a number yet; an id in a new scope cannot have been seen.
    @inline(__always)
    var isScopeKnown: Bool { isScopedByUser ? !sentUser.isNew : !company.isNew }
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
