import Portraits
import Rules
import UsageModel

extension LateRecords {
    /// Notes the record at `seq`, which has just been applied to `portraits` and came late for a flag of its
    /// company.
    mutating func note(late record: Record, seq: UInt64, portraits: Portraits) {
        let isActivity = record.kind.isEvent && portraits.portrait(record.company)?.lastEvent == seq
        note(
            LateRecord(
                seq: seq, kind: record.kind, time: record.time, arrival: portraits.now ?? record.time,
                isActivity: isActivity, hasUser: !record.user.isNone),
            of: record.company)
    }

    /// Notes the alias at `seq`, which merged somebody in a company with flags.
    mutating func note(alias record: Record, seq: UInt64, in company: CompanyID, portraits: Portraits) {
        note(
            LateRecord(seq: seq, kind: record.kind, time: nil, arrival: portraits.now ?? record.time), of: company)
    }
}
