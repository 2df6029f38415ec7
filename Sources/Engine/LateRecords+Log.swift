import Portraits
import Rules
import UsageModel

extension LateRecords {
    /// Notes the record at `seq`, which has just been applied, if it came late for a flag of its company.
    ///
    /// A record that is later than every raise costs a comparison.
    ///
    /// - Parameter merged: of an alias, the companies in which it merged somebody.
    mutating func note(
        _ record: Record, seq: UInt64, merged: [CompanyID], portraits: Portraits, book: borrowing FlagBook
    ) {
        if !record.company.isNone, book.hasFlag(of: record.company, raisedAfter: record.time) {
            let isActivity = record.kind.isEvent && portraits.portrait(record.company)?.lastEvent == seq
            note(
                LateRecord(
                    seq: seq, kind: record.kind, time: record.time, arrival: portraits.now ?? record.time,
                    isActivity: isActivity, hasUser: !record.user.isNone),
                of: record.company)
        }
        for company in merged where book.hasFlag(of: company, raisedAfter: .least) {
            note(
                LateRecord(seq: seq, kind: record.kind, time: nil, arrival: portraits.now ?? record.time), of: company)
        }
    }
}
