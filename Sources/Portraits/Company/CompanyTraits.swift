import UsageModel

/// A company's traits, and the daily history of those that are numbers.
///
/// The trait with the greatest time wins, of equal times the one applied later; so a late record
/// changes history, not the present. `null` is the same as a trait not sent.
struct CompanyTraits {
    private(set) var all: [Trait] = []

    struct Trait {
        var name: String
        var value: JSON
        var time: Timestamp
        /// What it was at the end of each day on which it was set; begins with the first number.
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
                all.insert(Trait(name: member.name, value: member.value, time: time), at: index)
            } else if time >= all[index].time {
                all[index].value = member.value
                all[index].time = time
            }
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
    fileprivate mutating func note(_ value: JSON, time: Timestamp, day: Day) {
        let number = value.doubleValue ?? .nan
        guard !number.isNaN || !history.isEmpty else { return }
        let entry = CompanyTraits.TraitDay(day: day, time: time, number: number)
        let index = history.lastIndex { $0.day <= day }
        if let index, history[index].day == day {
            if time >= history[index].time { history[index] = entry }
        } else {
            history.insert(entry, at: index.map { $0 + 1 } ?? 0)
        }
    }

    /// The history that windows ending on `first` or later can see: what was set from that day on,
    /// and the value that held when it began.
    func history(seenFrom first: Day) -> ArraySlice<CompanyTraits.TraitDay> {
        history[(history.lastIndex { $0.day < first } ?? 0)...]
    }
}
