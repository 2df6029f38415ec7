import UsageModel
import WireFormat

/// The identity of an event: its id within its scope on its UTC date, and the
/// payload that a resend carries again.
extension Draft {
    /// Whether `other` has this id in this scope: the fingerprint matched, but only bytes prove it.
    func hasSameIdentity(as other: Record, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard isScopedByUser == (other.flags.contains(.companyDerived) || other.company.isNone) else { return false }
        guard isScopedByUser ? other.sentUser == sentUser.id : other.company == company.id else { return false }
        return bytes[other.id.indices].elementsEqual(id)
    }

    /// Whether `other` carries the same payload: type, user as sent, task, time, amount, unit, count,
    /// props and traits; never arrival or sending time.
    func hasSamePayload(as other: Record, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let isTimeSame =
            record.flags.contains(.timeStamped) ? other.flags.contains(.timeStamped) : other.time == record.time
        let isAmountSame =
            record.flags.contains(.hasAmount) == other.flags.contains(.hasAmount) && other.amount == record.amount
        return other.kind == record.kind && isTimeSame && isAmountSame
            && other.sentUser == sentUser.id && !sentUser.isNew
            && (record.kind != .alias || (other.user == targetUser.id && !targetUser.isNew))
            && other.task == task.id && !task.isNew && other.unit == unit.id && !unit.isNew
            && other.count == record.count
            && Self.isSameJSON(payload, bytes.slice(other.payload.indices))
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
