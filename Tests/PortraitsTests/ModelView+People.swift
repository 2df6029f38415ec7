import Portraits
import UsageModel

/// What one person did in some stretch of days.
struct ModelWork {
    var user: String
    var events: UInt64
    var activeDays: Int
    /// Greatest time in the stretch: ties are broken over the window that ranks.
    var last: Int64
}

extension ModelView {
    /// Everyone's work in `range`: most events first, then more active days, then later last time, then
    /// smaller id in byte order.
    func ranking(_ range: ClosedRange<Int>) -> [ModelWork] {
        activeUsers(on: range).map { user in
            let own = work(of: user).filter { range.contains($0.day) }
            return ModelWork(
                user: user, events: own.reduce(0) { $0 + $1.count }, activeDays: Set(own.map(\.day)).count,
                last: own.map(\.time).max() ?? .min)
        }
        .sorted { left, right in
            if left.events != right.events { return left.events > right.events }
            if left.activeDays != right.activeDays { return left.activeDays > right.activeDays }
            if left.last != right.last { return left.last > right.last }
            return precedes(left.user, right.user)
        }
    }

    private func precedes(_ left: String, _ right: String) -> Bool {
        Array(left.utf8).lexicographicallyPrecedes(Array(right.utf8))
    }

    var mostActive: ModelWork? { ranking(days(Window(days: 28))).first }

    /// Most events in today−97 … today−14, with at least ten.
    var champion: ModelWork? {
        ranking((today - 97)...(today - 14)).first.flatMap { $0.events >= 10 ? $0 : nil }
    }

    func lastTime(of user: String) -> Int64? { work(of: user).map(\.time).max() }
    func firstTime(of user: String) -> Int64? { work(of: user).map(\.time).min() }

    /// The user of the least time; ties: smaller id.
    var firstUser: String? {
        guard let time = people.map(\.time).min() else { return nil }
        return people.filter { $0.time == time }.compactMap(\.user).min(by: precedes)
    }

    /// The user of the greatest time; ties: smaller id.
    var lastUser: String? {
        guard let time = lastUserActivity else { return nil }
        return people.filter { $0.time == time }.compactMap(\.user).min(by: precedes)
    }

    func topUserShare(_ window: Window) -> Double? {
        let work = ranking(days(window)).map(\.events)
        let total = work.reduce(0, +)
        guard let most = work.first, total > 0 else { return nil }
        return Double(most) / Double(total)
    }

    /// The least number of users who did at least four fifths of the work.
    func busFactor(_ window: Window) -> Int {
        let work = ranking(days(window)).map(\.events)
        let total = work.reduce(0, +)
        var covered: UInt64 = 0
        var users = 0
        while covered * 5 < total * 4 {
            covered += work[users]
            users += 1
        }
        return users
    }
}
