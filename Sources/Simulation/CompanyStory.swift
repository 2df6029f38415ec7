/// One person of a simulated company.
struct Person: Sendable {
    var firstName: Int
    var lastName: Int
    var role: Int
    /// Days of the story, counted from 0, between which the person works here.
    var joins: Int
    var goes: Int
    /// Whether somebody takes the account away when the person goes (a `leave` record).
    var isRemoved = false
    /// Probability of a visit on an ordinary working day.
    var eagerness: Double
    /// How many times the usual amount of work one visit brings.
    var diligence = 1
    /// What this person does most, and second most.
    var favourites: (UInt8, UInt8)
}

/// What will happen to one company: fixed when the population is made, read day by day afterwards.
///
/// Days are counted from the story's first day. Everything is drawn from the company's own
/// generator, so one company's story does not depend on how many others there are.
struct CompanyStory: Sendable {
    var archetype: Archetype
    var index: Int
    var place: Place
    /// The first day: its `group` record, its first person.
    var appears: Int
    var turns: Int?
    /// When decline has run its course.
    var settles = 0
    /// The share of ordinary activity that is left then.
    var floor = 1.0
    /// From when on all is as before.
    var recovers: Int?
    var leaves: Int?
    var grows: Int?
    /// When the trial became a contract.
    var converts: Int
    var renews: Int
    var seats: Int
    /// Days on which the whole company is on holiday.
    var holiday = 0..<0
    /// From when on people do what the product is for.
    var coreFrom = 0
    /// Days on which a job without a user writes every night.
    var job = 0..<0
    var unit: Int
    var manager: Int
    /// Tasks besides the core ones that somebody here uses.
    var menu: [UInt8]
    var people: [Person] = []

    /// Share of ordinary activity on `day`, 0 … 1. O(1).
    func activity(on day: Int) -> Double {
        if day < appears || day >= (leaves ?? .max) { return 0 }
        if holiday.contains(day) { return Self.holidayActivity }
        guard let turns, day >= turns, floor < 1, day < (recovers ?? .max) else { return 1 }
        if day >= settles { return floor }
        return 1 - (1 - floor) * Double(day - turns + 1) / Double(settles - turns + 1)
    }

    /// Somebody always looks in.
    private static let holidayActivity = 0.03
}

extension CompanyStory {
    /// How common each archetype is, in percent, and how many of its kind really leave.
    private static let shares: [(Archetype, percent: Int, leaving: Double)] = [
        (.steady, 46, 0), (.growing, 10, 0), (.fillingSeats, 8, 0), (.losingChampion, 8, 0.6), (.fading, 9, 0.75),
        (.silentOvernight, 6, 0.85), (.onboardingBadly, 7, 0.8), (.replacedByJob, 6, 0.85),
    ]

    /// Draws the story of company `index` over `days` days.
    init(index: Int, days: Int, random: inout SeededRandom) {
        // One hundred neighbours hold each archetype in its share, whatever the seed.
        let (archetype, leaving) = Self.archetype(of: index)
        self.archetype = archetype
        self.index = index
        place = Place.all[random.below(Place.all.count)]
        unit = place.offsetMinutes < -100 ? 1 : 0
        manager = random.below(Vocabulary.shared.managers.count)
        var span = Span(days: days, random: random)
        appears = archetype == .onboardingBadly ? span.share(0.1, 0.6) : span.days(0, 21)
        converts = appears + span.days(14, 30)
        renews = span.share(0.1, 1)
        seats = 0
        menu = []
        var size = 6 + span.random.below(14) + span.random.below(14)
        switch archetype {
        case .steady: break
        case .growing, .fillingSeats: size = 8 + span.random.below(12)
        case .losingChampion, .fading, .silentOvernight, .replacedByJob: break
        case .onboardingBadly: size = 1 + span.random.below(2)
        }
        decline(leaving: span.random.chance(leaving), span: &span)
        menu = Self.menu(&span.random)
        hire(size, span: &span)
        provideSeats(&span)
        if let leaves { renews = leaves }
        if span.random.chance(0.12) {
            let first = span.share(0, 1)
            holiday = first..<(first + span.days(8, 19))
        }
        if archetype != .replacedByJob, span.random.chance(0.2) { job = appears..<days }
        random = span.random
    }

    private static func archetype(of index: Int) -> (Archetype, leaving: Double) {
        // 37 is coprime to 100: the archetypes are spread evenly over any stretch of companies.
        var place = index * 37 % 100
        for share in shares {
            if place < share.percent { return (share.0, share.leaving) }
            place -= share.percent
        }
        preconditionFailure("the shares of the archetypes do not add up to 100")
    }

    private mutating func decline(leaving: Bool, span: inout Span) {
        switch archetype {
        case .steady:
            return
        case .growing:
            let turn = span.share(0.25, 0.5)
            turns = turn
            grows = span.within(turn + span.days(70, 110))
        case .fillingSeats:
            turns = span.share(0.08, 0.15)
            grows = span.share(0.85, 0.95)
        case .losingChampion:
            fall(from: span.share(0.25, 0.5), over: span.days(45, 80), to: leaving ? 0.1 : 0.6)
            if leaving { leaves = span.within(settles + span.days(10, 40)) }
        case .fading:
            fall(from: span.share(0.2, 0.5), over: span.days(70, 130), to: leaving ? 0.05 : 0.25)
            if leaving {
                leaves = span.within(settles + span.days(10, 30))
            } else {
                recovers = settles + span.days(5, 20)
            }
        case .silentOvernight:
            fall(from: span.share(0.25, 0.7), over: 0, to: 0)
            if leaving {
                leaves = span.within(settles + span.days(35, 75))
            } else {
                recovers = settles + span.days(16, 30)
            }
        case .onboardingBadly:
            fall(from: appears + span.days(8, 16), over: span.days(15, 25), to: 0.02)
            coreFrom = .max
            if leaving {
                leaves = span.within(settles + span.days(25, 60))
            } else {
                recovers = settles + span.days(10, 30)
                coreFrom = settles + 1
            }
        case .replacedByJob:
            fall(from: span.share(0.25, 0.6), over: span.days(10, 21), to: leaving ? 0 : 0.15)
            if leaving { leaves = span.within(settles + span.days(40, 80)) }
            job = max(0, settles - 20)..<(leaves ?? .max)
        }
    }

    private mutating func fall(from turn: Int, over days: Int, to level: Double) {
        turns = turn
        settles = turn + days
        floor = level
    }

    private static func menu(_ random: inout SeededRandom) -> [UInt8] {
        var menu = Array(Tasks.ordinary)
        menu.shuffle(using: &random)
        return Array(menu.prefix(3 + random.below(5)))
    }

    private mutating func hire(_ size: Int, span: inout Span) {
        // The first person carries the company: the champion.
        var champion = person(joins: appears, span: &span)
        champion.eagerness = 0.95
        champion.diligence = 3
        champion.role = 0
        if archetype == .losingChampion, let turns {
            champion.goes = turns
            champion.isRemoved = span.random.chance(0.4)
        }
        people.append(champion)
        while people.count < size {
            var someone = person(joins: appears + span.days(0, 15), span: &span)
            if span.random.chance(Self.turnover) {
                someone.goes = someone.joins + span.days(30, 300)
                someone.isRemoved = span.random.chance(0.5)
            }
            people.append(someone)
        }
        guard let turns else { return }
        switch archetype {
        case .growing:
            for _ in 0..<size { people.append(person(joins: turns + span.days(0, 90), span: &span)) }
        case .fillingSeats:
            let last = grows ?? turns
            for number in 1...size { people.append(person(joins: turns + (last - turns) * number / size, span: &span)) }
        case .onboardingBadly:
            guard let recovers else { return }
            for _ in 0..<4 { people.append(person(joins: recovers + span.days(0, 10), span: &span)) }
        case .steady, .losingChampion, .fading, .silentOvernight, .replacedByJob:
            return
        }
    }

    /// Share of people who go within a year, for reasons that say nothing about their company.
    private static let turnover = 0.1

    private func person(joins: Int, span: inout Span) -> Person {
        // A stride that is coprime to the number of pairs: no name twice in a company below 1,600 people.
        let names = Vocabulary.shared.firstNames.count * Vocabulary.shared.lastNames.count
        let pair = (index * 97 + people.count * 1_013) % names
        let favourite = span.random.chance(0.5) ? Tasks.reportExported : Tasks.invoiceSent
        return Person(
            firstName: pair / Vocabulary.shared.lastNames.count, lastName: pair % Vocabulary.shared.lastNames.count,
            role: 1 + span.random.below(Vocabulary.shared.roles.count - 1), joins: joins, goes: .max,
            eagerness: span.random.between(0.35, 0.9),
            favourites: (favourite, menu[span.random.below(menu.count)]))
    }

    private mutating func provideSeats(_ span: inout Span) {
        switch archetype {
        case .fillingSeats:
            seats = people.count
        case .growing:
            // The first half of the people is there from the start; growth runs into the limit.
            seats = people.count * 7 / 10 + 1
        case .steady, .losingChampion, .fading, .silentOvernight, .onboardingBadly, .replacedByJob:
            // One in ten bought far more than it ever used.
            let room = span.random.chance(0.1) ? 3.0 : span.random.between(1.15, 1.7)
            seats = max(5, Int(Double(people.count) * room) + 1)
        }
    }
}

/// Draws days of a story: lengths shrink with the story when it is shorter than a year.
private struct Span {
    let total: Int
    var random: SeededRandom

    init(days: Int, random: SeededRandom) {
        total = days
        self.random = random
    }

    /// A number of days from `low` up to `high` in a year's story.
    mutating func days(_ low: Double, _ high: Double) -> Int {
        Int(random.between(low, high) * Double(min(total, 365)) / 365)
    }

    /// A day between two shares of the whole story.
    mutating func share(_ low: Double, _ high: Double) -> Int { Int(random.between(low, high) * Double(total)) }

    /// What must happen before the story ends.
    func within(_ day: Int) -> Int { min(day, total - 1) }
}
