import UsageModel

/// Where a row's fixed fields stand in its part.
enum RowFields {
    static let company = 0
    static let user = 4
    static let firstDay = 8
    static let flags = 12
    static let extras = 13
    static let restCount = 14
    static let lastDay = 16
    /// Of the first time on `firstDay`, as `DayNote` has it.
    static let firstNote = 24
    static let lifetime = 28
    static let byteCount = 32
}

/// What follows the fixed fields of a row's part.
struct RowExtras: OptionSet {
    let rawValue: UInt8

    /// The user is at home in another company.
    static let guest = RowExtras(rawValue: 1 << 0)
    static let detail = RowExtras(rawValue: 1 << 1)
    /// Both times, which the first day with its note and the last day do not say.
    static let times = RowExtras(rawValue: 1 << 2)
    /// The upper half of `lifetime`.
    static let lifetime = RowExtras(rawValue: 1 << 3)
}

extension UserRow {
    fileprivate var firstNote: UInt64 { DayNote.of(firstTime, on: firstDay) }

    /// The first and the last time as the days tell, which for nearly all users they do.
    static func times(
        firstDay: Int32, firstNote: UInt64, lastDay: DayCount
    ) -> (first: Int64, last: Int64) {
        (DayNote.time(firstNote, on: firstDay), DayNote.time(lastDay.note, on: lastDay.day))
    }
}

extension PortraitStore {
    /// Writes what stands in `row`: mostly 32 bytes, 8 for each active day but the last, and the details. Of a row whose
    /// user was merged into another, nothing.
    func write(row: Int, to out: ByteBuffer) {
        let pages = userPages
        let user = pages.pointee.pointer(to: row)
        guard !user.pointee.user.isNone else { return }
        let company = pages.pointee.owner(of: row)
        let detail = pages.pointee.detail(of: user.pointee)
        var extras: RowExtras = homes.pointee.company(of: user.pointee.user) == company ? [] : .guest
        if detail != nil { extras.insert(.detail) }
        let last = user.pointee.days.last
        let firstNote = user.pointee.firstNote
        let times = UserRow.times(firstDay: user.pointee.firstDay, firstNote: firstNote, lastDay: last)
        if times != (user.pointee.firstTime, user.pointee.lastTime) { extras.insert(.times) }
        if user.pointee.lifetime > UInt64(UInt32.max) { extras.insert(.lifetime) }
        out.append(company)
        out.append(user.pointee.user)
        out.append(user.pointee.firstDay)
        out.append(user.pointee.flags.rawValue)
        out.append(extras.rawValue)
        let rest = user.pointee.days.rest
        out.append(UInt16(rest.count))
        out.append(last.bits)
        out.append(UInt32(firstNote))
        out.append(UInt32(truncatingIfNeeded: user.pointee.lifetime))
        rest.write(0..<rest.count, to: out, userArena)
        if extras.contains(.times) {
            out.append(user.pointee.firstTime)
            out.append(user.pointee.lastTime)
        }
        if extras.contains(.lifetime) { out.append(UInt32(user.pointee.lifetime >> UInt64(UInt32.bitWidth))) }
        guard let detail else { return }
        out.append(detail.leftTime)
        out.append(detail.leftDay.number)
        out.append(UInt32(detail.traits.bytes.count))
        detail.traits.bytes.withUnsafeBytes { out.append($0) }
    }
}
