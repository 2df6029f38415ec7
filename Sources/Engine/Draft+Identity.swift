import UsageModel
import WireFormat

/// The identity of an event: its id within its scope on its UTC date, and the
/// payload that a resend carries again.
extension Draft {
    /// Whether `record` has this id in this scope: the fingerprint matched, but only bytes prove it.
    func hasSameIdentity(as record: Record, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let isScopedByUser = flags.contains(.companyDerived) || company.isAbsent
        guard isScopedByUser == (record.flags.contains(.companyDerived) || record.company.isNone) else { return false }
        guard isScopedByUser ? record.sentUser == sentUser.id : record.company == company.id else { return false }
        return bytes[record.id.indices].elementsEqual(id)
    }

    /// Whether `record` carries the same payload: type, user as sent, task, time, amount, unit, count,
    /// props and traits; never arrival or sending time.
    func hasSamePayload(as record: Record, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let isTimeSame =
            flags.contains(.timeStamped) ? record.flags.contains(.timeStamped) : record.time == time
        let isAmountSame =
            flags.contains(.hasAmount) == record.flags.contains(.hasAmount) && record.amount == line.amount
        return record.kind == line.record && isTimeSame && isAmountSame
            && record.sentUser == sentUser.id && !sentUser.isNew
            && (line.record != .alias || (record.user == targetUser.id && !targetUser.isNew))
            && record.task == task.id && !task.isNew && record.unit == unit.id && !unit.isNew
            && record.count == (line.record.isEvent ? line.count : 0)
            && Self.isSameJSON(payload, UnsafeRawBufferPointer(rebasing: bytes[record.payload.indices]))
    }

    /// Byte for byte, as nearly every resend is, or else as JSON whose members may stand in any order.
    private static func isSameJSON(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        if left.count == right.count, left.elementsEqual(right) { return true }
        guard let left = try? JSON.parse(left), let right = try? JSON.parse(right) else { return false }
        return left.sortedByName == right.sortedByName
    }
}

extension JSON {
    /// The same value with every object's members in byte order of their names.
    var sortedByName: JSON {
        switch self {
        case .object(let members):
            .object(
                members.map { Member($0.name, $0.value.sortedByName) }
                    .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
        case .array(let elements): .array(elements.map(\.sortedByName))
        default: self
        }
    }
}
