public import UsageModel

/// How well churn flags named the companies that really left.
///
/// A leaver is named when a flag was raised between the turn of its story and the day it left: a
/// flag from before the turn knew nothing of it. A company that stayed and was flagged at any time is
/// named wrongly, however unwell it was; how many of those went through a decline and outlived it is
/// said beside it.
public struct Judgement: Sendable, Equatable {
    /// Companies that really left.
    public var leavers: Int
    /// Leavers that a flag named in time.
    public var named: Int
    /// For each named leaver, whole days from its first such flag to its leaving; ascending.
    public var daysEarly: [Int]
    /// Companies that stayed.
    public var stayers: Int
    /// Stayers that a flag named, by id; ascending.
    public var wrong: [String]
    /// How many of `wrong` really declined, and stayed nevertheless.
    public var outlived: Int
    /// Leavers that no flag named in time, by id; ascending.
    public var missed: [String]

    /// `raised`: company and time of every churn flag that was raised. O(flags + companies log companies).
    public init(truth: [CompanyTruth], raised: [(company: String, at: Timestamp)]) {
        var times: [String: [Timestamp]] = [:]
        for flag in raised { times[flag.company, default: []].append(flag.at) }
        leavers = 0
        named = 0
        daysEarly = []
        stayers = 0
        wrong = []
        outlived = 0
        missed = []
        for company in truth {
            let flags = times[company.company] ?? []
            guard let left = company.left else {
                stayers += 1
                guard !flags.isEmpty else { continue }
                wrong.append(company.company)
                if company.archetype.isDecline { outlived += 1 }
                continue
            }
            leavers += 1
            let turned = company.turned ?? .least
            if let first = flags.filter({ $0 >= turned && $0 < left }).min() {
                named += 1
                daysEarly.append(Int((left - first) / millisecondsPerDay))
            } else {
                missed.append(company.company)
            }
        }
        daysEarly.sort()
        wrong.sort()
        missed.sort()
    }

    /// The middle of `daysEarly` (the lower of two); nil when no leaver was named.
    public var medianDaysEarly: Int? { daysEarly.isEmpty ? nil : daysEarly[(daysEarly.count - 1) / 2] }

    private var outlivedText: String {
        outlived == 0 ? "" : ", \(outlived) of them in a decline that they outlived"
    }

    /// One sentence for people.
    public var summary: String {
        let early = medianDaysEarly.map { ", half of them \($0) days or more before they left" } ?? ""
        return "\(named) of \(leavers) real leavers were named in time\(early); "
            + "\(wrong.count) of \(stayers) that stayed were named wrongly\(outlivedText)."
    }
}
