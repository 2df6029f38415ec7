import UsageModel

/// Decides, day by day, what happens in every company.
struct DayGenerator: Sendable {
    let firstDay: Day
    let days: Int
    let linesPerVisit: Int
    private(set) var stories: [CompanyStory] = []
    let names: [[UInt8]]
    let truth: [CompanyTruth]
    /// One generator a company: what happens in one does not depend on the others.
    private var randoms: [SeededRandom] = []

    init(seed: UInt64, companies: Int, start: Day, days: Int, linesPerVisit: Int) {
        firstDay = start
        self.days = days
        self.linesPerVisit = linesPerVisit
        var names: [[UInt8]] = []
        var truth: [CompanyTruth] = []
        for index in 0..<companies {
            var random = SeededRandom(seed: SeededRandom.mixed(seed) ^ SeededRandom.mixed(UInt64(index) &+ 1))
            let story = CompanyStory(index: index, days: days, random: &random)
            let name = Self.name(of: index, seed: seed)
            func instant(_ day: Int?, _ hour: Int64) -> Timestamp? {
                day.map { Self.midnight($0, in: story, from: start) + hour * millisecondsPerHour }
            }
            truth.append(
                CompanyTruth(
                    company: String(decoding: name, as: UTF8.self), archetype: story.archetype,
                    turned: instant(story.turns, 0), left: instant(story.leaves, Self.billingHour),
                    grew: instant(story.grows, Self.billingHour)))
            stories.append(story)
            names.append(name)
            randoms.append(random)
        }
        self.names = names
        self.truth = truth
    }

    /// Billing writes its outcomes in the evening, local time.
    private static let billingHour: Int64 = 18

    /// "brightforge"; numbered once all pairs of words are used up.
    private static func name(of index: Int, seed: UInt64) -> [UInt8] {
        let words = Vocabulary.shared
        let pairs = words.companyHeads.count * words.companyTails.count
        // A stride that is coprime to the number of pairs visits each once.
        let pair = (index * 1_013 + Int(SeededRandom.mixed(seed) % UInt64(pairs))) % pairs
        var name =
            words.companyHeads[pair / words.companyTails.count] + words.companyTails[pair % words.companyTails.count]
        if index >= pairs { name += Array(String(index / pairs + 1).utf8) }
        return name
    }

    private static func midnight(_ day: Int, in story: CompanyStory, from first: Day) -> Timestamp {
        first.startUTC + (Int64(day) * millisecondsPerDay - story.place.offsetMinutes * 60_000)
    }

    /// Appends all lines whose local day is `day`, in no order.
    mutating func generate(day: Int, into lines: inout [PendingLine]) {
        let calendar = CalendarDay(firstDay + Int32(day))
        for company in stories.indices {
            // Out and in again: a generator that is changed in place in an array is checked at every draw.
            var random = randoms[company]
            generate(day: day, calendar: calendar, company: company, random: &random, into: &lines)
            randoms[company] = random
        }
    }

    private func generate(
        day: Int, calendar: CalendarDay, company: Int, random: inout SeededRandom, into lines: inout [PendingLine]
    ) {
        let story = stories[company]
        guard day >= story.appears, day <= story.leaves ?? .max else { return }
        let midnight = Self.midnight(day, in: story, from: firstDay)
        office(day: day, calendar: calendar, company: company, midnight: midnight, random: &random, into: &lines)
        let activity = story.activity(on: day) * calendar.activity
        for (index, person) in story.people.enumerated() {
            if day == person.joins {
                let time = midnight + (Self.openingHour * millisecondsPerHour - Self.welcome)
                lines.append(line(.identify, company, index, at: time, &random))
            }
            if day == person.goes, person.isRemoved {
                let time = midnight + Self.billingHour * millisecondsPerHour
                lines.append(line(.leave, company, index, at: time, &random))
            }
            guard day >= person.joins, day < person.goes, random.unit() < person.eagerness * activity else { continue }
            visit(of: index, company: company, day: day, midnight: midnight, random: &random, into: &lines)
        }
        if story.job.contains(day), day < story.leaves ?? .max {
            var night = line(
                .event, company, -1, at: midnight + 2 * millisecondsPerHour + Int64(random.below(600_000)), &random)
            night.task = Tasks.nightly
            night.count = Int32(50 + random.below(200))
            lines.append(night)
        }
    }

    /// The earliest visit.
    private static let openingHour: Int64 = 8
    /// A company and a person are made known this many milliseconds apart, before their first visit.
    private static let welcome: Int64 = 300_000

    /// What our own side writes about a company: traits, outcomes, contacts.
    private func office(
        day: Int, calendar: CalendarDay, company: Int, midnight: Timestamp, random: inout SeededRandom,
        into lines: inout [PendingLine]
    ) {
        let story = stories[company]
        let evening = midnight + Self.billingHour * millisecondsPerHour
        func outcome(_ value: Int32) {
            var outcome = line(.outcome, company, -1, at: evening, &random)
            outcome.value = value
            lines.append(outcome)
        }
        func traits(at time: Timestamp, seats: Int, renews: Int) {
            var group = line(.group, company, 0, at: time, &random)
            group.value = Int32(seats)
            group.renews = Int32(renews)
            lines.append(group)
        }
        let seats = story.grows.map { day >= $0 } == true ? story.seats * 3 / 2 : story.seats
        let renews = day >= story.renews ? story.renews + 365 : story.renews
        if day == story.appears {
            let time = midnight + (Self.openingHour * millisecondsPerHour - 2 * Self.welcome)
            traits(at: time, seats: seats, renews: renews)
        }
        if day == story.leaves {
            outcome(PendingLine.churned)
            return
        }
        if day == story.converts { outcome(PendingLine.converted) }
        if day == story.grows { outcome(PendingLine.expanded) }
        if day == story.renews, day > story.converts { outcome(PendingLine.renewed) }
        if day != story.appears, day == story.grows || day == story.renews {
            traits(at: evening + 1_000, seats: seats, renews: renews)
        }
        if calendar.isWorkingDay, random.chance(Self.contactChance) {
            lines.append(line(.touch, company, -1, at: midnight + 11 * millisecondsPerHour, &random))
        }
    }

    /// Somebody of ours calls about once in six weeks.
    private static let contactChance = 1.0 / 30

    private func visit(
        of index: Int, company: Int, day: Int, midnight: Timestamp, random: inout SeededRandom,
        into lines: inout [PendingLine]
    ) {
        let story = stories[company]
        let person = story.people[index]
        // Two draws make the middle of the day likelier than its ends.
        let hours = Double(Self.openingHour) + (random.unit() + random.unit()) * 4.5
        var time = midnight + Int64(hours * Double(millisecondsPerHour))
        let count = 1 + random.below(2 * linesPerVisit * person.diligence - 1)
        let pause = min(Self.longestPause, Self.longestVisit / count)
        for number in 0..<count {
            var event = line(.event, company, index, at: time, &random)
            event.task = task(number: number, of: person, in: story, day: day, &random)
            if event.task == Tasks.invoiceSent { event.value = Int32(2_000 + random.below(500_000)) }
            if random.below(8) == 0 { event.count = Int32(2 + random.below(4)) }
            if random.below(Self.lateOneIn) == 0 {
                event.arrival = event.arrival + Int64(random.below(Int(Self.latest)))
            }
            lines.append(event)
            time = time + 5_000 + Int64(random.below(pause))
        }
    }

    /// Milliseconds between two things that somebody does.
    private static let longestPause = 1_200_000
    /// Nobody works longer than this in one visit, so nobody's work runs into the next day.
    private static let longestVisit = 14_000_000
    /// One line in this many is held up: a phone without a network, a queue that was stuck.
    private static let lateOneIn = 128
    /// A held-up line arrives within two and a half days.
    private static let latest: Int64 = 60 * millisecondsPerHour

    private func task(
        number: Int, of person: Person, in story: CompanyStory, day: Int, _ random: inout SeededRandom
    ) -> UInt8 {
        if number == 0, random.below(2) == 0 { return Tasks.opened }
        let choice = random.below(10)
        if choice < 4, day >= story.coreFrom { return person.favourites.0 }
        if choice < 7 { return person.favourites.1 }
        return story.menu[random.below(story.menu.count)]
    }

    @inline(__always)
    private func line(
        _ subject: LineSubject, _ company: Int, _ person: Int, at time: Timestamp, _ random: inout SeededRandom
    ) -> PendingLine {
        PendingLine(
            arrival: time, time: time, seed: random.next(), company: Int32(company), person: Int32(person),
            subject: subject)
    }
}

/// How busy a date is everywhere.
private struct CalendarDay {
    /// Share of an ordinary working day's activity.
    let activity: Double
    let isWorkingDay: Bool

    init(_ day: Day) {
        let date = CivilDate(day)
        let betweenYears = (date.month == 12 && date.day >= 24) || (date.month == 1 && date.day == 1)
        isWorkingDay = day.isoWeekday <= 5 && !betweenYears
        let weekend = day.isoWeekday <= 5 ? 1.0 : day.isoWeekday == 6 ? 0.08 : 0.05
        let season = betweenYears ? 0.15 : date.month == 8 ? 0.92 : 1.0
        activity = weekend * season
    }
}
