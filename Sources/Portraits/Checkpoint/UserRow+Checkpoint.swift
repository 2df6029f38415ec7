import UsageModel

/// Where a row's fixed fields stand in its part.
enum RowFields {
    static let company = 0
    static let user = 4
    static let firstDay = 8
    static let flags = 12
    static let extras = 13
    static let restCount = 14
    static let last = 16
    static let firstNote = 24
    static let lifetimeLow = 28
    static let byteCount = 32
}

/// What follows the fixed fields of a row's part.
struct RowExtras: OptionSet {
    let rawValue: UInt8

    /// The user is at home in another company.
    static let guest = RowExtras(rawValue: 1 << 0)
    static let detail = RowExtras(rawValue: 1 << 1)
    /// The width of the days before the last, two bits.
    private static let widthShift: UInt8 = 2

    static func width(_ width: DayWidth) -> RowExtras { RowExtras(rawValue: width.rawValue << widthShift) }

    /// Nil of bits that no width has.
    var width: DayWidth? { DayWidth(rawValue: rawValue >> Self.widthShift & 3) }
}

extension PortraitStore {
    /// Writes what stands in `row`: 32 bytes, 4 to 8 for each active day but the last, and the details. Of a row whose
    /// user was merged into another, nothing.
    func write(row: Int, to out: ByteBuffer) {
        let pages = userPages
        let user = pages.pointee.pointer(to: row)
        guard !user.pointee.user.isNone else { return }
        let company = pages.pointee.owner(of: row)
        let detail = pages.pointee.detail(of: row)
        var extras: RowExtras = homes.pointee.company(of: user.pointee.user) == company ? [] : .guest
        if detail != nil { extras.insert(.detail) }
        let days = user.pointee.days
        extras.formUnion(.width(days.rest.width))
        out.append(company)
        out.append(user.pointee.user)
        out.append(user.pointee.firstDay)
        out.append(user.pointee.flags.subtracting(.ofDetail).rawValue)
        out.append(extras.rawValue)
        out.append(UInt16(days.rest.count))
        out.append(days.last.bits)
        out.append(user.pointee.firstNote)
        out.append(user.pointee.lifetimeLow)
        days.rest.writeAll(to: out, userArena)
        guard let detail else { return }
        out.append(detail.leftTime)
        out.append(detail.leftDay.number)
        out.append(detail.lastTime)
        out.append(detail.lifetimeHigh)
        out.append(UInt32(detail.traits.bytes.count))
        detail.traits.bytes.withUnsafeBytes { out.append($0) }
    }
}
