import UsageModel

/// A company's traits, and the daily history of those that are numbers.
///
/// The trait with the greatest time wins, of equal times the one applied later; so a late record
/// changes history, not the present. `null` is the same as a trait not sent.
struct CompanyTraits {
    private(set) var all: [Trait]

    /// In byte order of names.
    init(all: [Trait] = []) { self.all = all }

    struct Trait {
        var name: String
        var value: JSON
        var time: Timestamp
        var day: Day
        /// From when on it is known to have had this value, at or before `time`.
        var unchangedSince: Timestamp
        /// What it was at the end of the days on which it was set, in order of day and of time; begins
        /// with the first number.
        var history: [TraitDay] = []
    }

    struct TraitDay {
        var day: Day
        var time: Timestamp
        /// NaN when it was no number then.
        var number: Double
    }

    /// The value now. O(traits).
    func value(_ name: String) -> JSON? { all.first { $0.name.utf8.elementsEqual(name.utf8) }?.value }

    /// From when on the trait is known to have had its present value; nil when it was never set.
    func unchangedSince(_ name: String) -> Timestamp? {
        all.first { $0.name.utf8.elementsEqual(name.utf8) }?.unchangedSince
    }

    /// The number before the instant `time`, which lies on `day`; nil when it was none, was not set yet, or
    /// is not kept because it was set again on the same day.
    func number(_ name: String, before time: Timestamp, on day: Day) -> Double? {
        guard let trait = all.first(where: { $0.name.utf8.elementsEqual(name.utf8) }),
            let entry = trait.history.last(where: { $0.day <= day }), entry.time < time
        else { return nil }
        return entry.number.isFinite ? entry.number : nil
    }

    /// The number at the end of `day`, nil when it was none or not set yet.
    func number(_ name: String, atEndOf day: Day) -> Double? {
        guard let trait = all.first(where: { $0.name.utf8.elementsEqual(name.utf8) }),
            let entry = trait.history.last(where: { $0.day <= day })
        else { return nil }
        return entry.number.isFinite ? entry.number : nil
    }

    var json: JSON { .object(all.map { JSON.Member($0.name, $0.value) }) }

    mutating func set(_ values: [JSON.Member], time: Timestamp, day: Day) {
        for member in values where !member.value.isNull {
            let index = all.firstIndex { !$0.name.utf8.lexicographicallyPrecedes(member.name.utf8) } ?? all.count
            if index == all.count || !all[index].name.utf8.elementsEqual(member.name.utf8) {
                all.insert(
                    Trait(name: member.name, value: member.value, time: time, day: day, unchangedSince: time), at: index
                )
            } else if time < all[index].time {
                // It was something else in between; when it became what it is, nobody can say.
                if time >= all[index].unchangedSince, member.value != all[index].value {
                    all[index].unchangedSince = all[index].time
                }
                all[index].note(member.value, time: time, day: day)
                continue
            } else if member.value != all[index].value {
                all[index].unchangedSince = time
            }
            all[index].value = member.value
            all[index].time = time
            all[index].day = day
            all[index].note(member.value, time: time, day: day)
        }
    }

    /// Drops history that no window reaches: what was superseded before `kept`.
    mutating func prune(before kept: Int32) {
        for index in all.indices {
            let history = all[index].history
            guard let first = history.lastIndex(where: { $0.day.number < kept }), first > 0 else { continue }
            all[index].history.removeFirst(first)
        }
    }
}

extension CompanyTraits.Trait {
    /// Notes what the trait was set to. What a later record of an earlier or the same day says is
    /// superseded, so the history rises in day and time alike, however its records arrive.
    fileprivate mutating func note(_ value: JSON, time: Timestamp, day: Day) {
        let number = value.doubleValue ?? .nan
        if history.isEmpty {
            guard !number.isNaN else { return }
            // The first number may come late, when the trait is something else by now.
            if time < self.time { history = [CompanyTraits.TraitDay(day: self.day, time: self.time, number: .nan)] }
        }
        let index = history.firstIndex { $0.day > day } ?? history.count
        if index > 0, history[index - 1].time > time { return }
        let isSuperseded = { (entry: CompanyTraits.TraitDay) in entry.day >= day && entry.time <= time }
        history.removeAll(where: isSuperseded)
        history.insert(
            CompanyTraits.TraitDay(day: day, time: time, number: number),
            at: history.firstIndex { $0.day > day } ?? history.count)
    }

    /// The history that windows ending on `first` or later can see: what was set from that day on,
    /// and the value that held when it began.
    func history(seenFrom first: Day) -> ArraySlice<CompanyTraits.TraitDay> {
        history[(history.lastIndex { $0.day < first } ?? 0)...]
    }
}
