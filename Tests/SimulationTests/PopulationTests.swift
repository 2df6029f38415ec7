import Foundation
import Testing
import UsageModel

@testable import Simulation

/// 2025-01-06, a Monday.
private let monday = Timestamp(milliseconds: 1_736_121_600_000)

private func population(
    seed: UInt64 = 7, companies: Int = 100, days: Int = 365, form: LineForm = .mixed, linesPerVisit: Int = 2
) -> Population {
    Population(seed: seed, companies: companies, start: monday, days: days, form: form, linesPerVisit: linesPerVisit)
}

/// All bytes of a population, taken in pieces of `piece` bytes.
private func bytes(of population: Population, piece: Int = 100_000) -> [UInt8] {
    var population = population
    var bytes: [UInt8] = []
    while population.nextLines(upTo: piece, into: &bytes) > 0 {}
    return bytes
}

/// What one line says, read back without the generator's help.
private struct Heard {
    var kind: String
    var company: String
    var user: String?
    var task: String?
    var time: Timestamp
    var id: String
    var outcome: String?
}

private struct Unreadable: Error {
    var line: String
}

/// `2025-03-01T10:00:00.123Z`; Foundation's own reading costs most of a test's time.
private func instant(_ text: String) -> Timestamp? {
    let numbers = text.split { !$0.isNumber }.compactMap { Int64($0) }
    guard numbers.count == 7, text.utf8.count == 24, text.hasSuffix("Z") else { return nil }
    let day = Day(CivilDate(year: Int(numbers[0]), month: Int(numbers[1]), day: Int(numbers[2])))
    return day.startUTC + (((numbers[3] * 60 + numbers[4]) * 60 + numbers[5]) * 1_000 + numbers[6])
}

private func read(_ line: Substring) throws -> Heard {
    if line.hasPrefix("{") { return try readJSON(line) }
    let parts = line.split(separator: " ")
    guard parts.count == 3, let nanoseconds = Int64(parts[2]) else { throw Unreadable(line: String(line)) }
    var tags: [Substring: Substring] = [:]
    let head = parts[0].split(separator: ",")
    for pair in head.dropFirst() {
        let halves = pair.split(separator: "=")
        tags[halves[0]] = halves[1]
    }
    guard let company = tags["company"], let idStart = parts[1].range(of: "id=\"")?.upperBound else {
        throw Unreadable(line: String(line))
    }
    return Heard(
        kind: "event", company: String(company), user: tags["user"].map(String.init), task: String(head[0]),
        time: Timestamp(milliseconds: nanoseconds / 1_000_000), id: String(parts[1][idStart...].prefix(36)))
}

private func readJSON(_ line: Substring) throws -> Heard {
    guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
        let time = ((object["time"] ?? object["timestamp"]) as? String).flatMap(instant),
        let company = (object["company"] ?? object["groupId"] ?? (object["context"] as? [String: Any])?["groupId"]),
        let id = (object["id"] ?? object["messageId"]) as? String
    else { throw Unreadable(line: String(line)) }
    let kind = object["type"] as? String ?? "event"
    return Heard(
        kind: kind == "track" ? "event" : kind, company: "\(company)",
        user: (object["user"] ?? object["userId"]) as? String, task: (object["task"] ?? object["event"]) as? String,
        time: time, id: id,
        outcome: object["outcome"] as? String)
}

private func heard(_ population: Population) throws -> [Heard] {
    try String(decoding: bytes(of: population), as: UTF8.self).split(separator: "\n").map(read)
}

@Suite("A simulated population")
struct PopulationTests {
    @Test("says the same bytes for the same seed, however they are cut, and others for another")
    func repeatable() {
        let whole = bytes(of: population(companies: 20, days: 60))
        #expect(whole == bytes(of: population(companies: 20, days: 60), piece: 1))
        #expect(whole != bytes(of: population(seed: 8, companies: 20, days: 60)))
        #expect(whole.last == UInt8(ascii: "\n"))
    }

    @Test("counts the lines it writes and ends")
    func counts() {
        var few = population(companies: 3, days: 10)
        var text: [UInt8] = []
        var total = 0
        while true {
            let added = few.nextLines(upTo: 500, into: &text)
            if added == 0 { break }
            total += added
        }
        #expect(total == few.linesWritten)
        #expect(total == text.count { $0 == UInt8(ascii: "\n") })
        #expect(few.progress == 1)
        #expect(few.nextLines(upTo: 500, into: &text) == 0)
    }

    @Test("writes each form that was asked for", arguments: LineForm.allCases)
    func forms(form: LineForm) throws {
        let lines = String(decoding: bytes(of: population(companies: 10, days: 30, form: form)), as: UTF8.self)
            .split(separator: "\n")
        let points = lines.count { !$0.hasPrefix("{") }
        let calls = lines.count { $0.hasPrefix("{\"type\":\"track\"") }
        let short = lines.count { $0.hasPrefix("{\"company\"") }
        switch form {
        case .mixed: #expect(points > 0 && calls > 0 && short > 0)
        case .json: #expect(points == 0 && short > 0)
        case .line: #expect(points > 0 && short == 0 && calls == 0)
        }
    }

    @Test("gives every line an id of its own and nearly every line in the order of time")
    func order() throws {
        let lines = try heard(population(companies: 50, days: 90))
        #expect(Set(lines.map(\.id)).count == lines.count)
        #expect(lines.allSatisfy { UUID(uuidString: $0.id) != nil })
        var greatest = Timestamp.least
        var late = 0
        for line in lines {
            if line.time < greatest { late += 1 }
            greatest = max(greatest, line.time)
        }
        #expect(late > 0 && late * 50 < lines.count, "\(late) of \(lines.count) are late")
    }

    @Test("makes everybody known before the first thing they do")
    func introductions() throws {
        var companies: Set<String> = []
        var people: Set<String> = []
        // Late lines come later still, so they cannot come too early.
        for line in try heard(population(companies: 60, days: 120)) {
            switch line.kind {
            case "group": companies.insert(line.company)
            case "identify": people.insert(line.user ?? "")
            case "event" where line.user != nil:
                #expect(companies.contains(line.company) && people.contains(line.user ?? ""))
            default: break
            }
        }
        #expect(companies.count > 50)
    }
}

@Suite("The truth about a simulated population")
struct TruthTests {
    @Test("agrees with the stream: who left, when, and that nobody came afterwards", arguments: [1, 2, 3] as [UInt64])
    func agrees(seed: UInt64) throws {
        let population = population(seed: seed, companies: 50, linesPerVisit: 1)
        var outcomes: [String: [String: Timestamp]] = [:]
        var lastSeen: [String: Timestamp] = [:]
        for line in try heard(population) {
            if let outcome = line.outcome { outcomes[line.company, default: [:]][outcome] = line.time }
            if line.kind == "event", line.user != nil {
                lastSeen[line.company] = max(lastSeen[line.company] ?? .least, line.time)
            }
        }
        for truth in population.truth {
            #expect(outcomes[truth.company]?["churned"] == truth.left, "seed \(seed): \(truth)")
            #expect(outcomes[truth.company]?["expanded"] == truth.grew, "seed \(seed): \(truth)")
            if let left = truth.left {
                #expect(lastSeen[truth.company].map { $0 < left } ?? true, "seed \(seed): \(truth)")
                #expect((truth.turned ?? .greatest) <= left, "seed \(seed): \(truth)")
            }
        }
    }

    @Test("holds every archetype, leavers and stayers of each that may leave")
    func archetypes() {
        let truth = population(companies: 400).truth
        #expect(Set(truth.map(\.company)).count == 400)
        for archetype in Archetype.allCases {
            let kind = truth.filter { $0.archetype == archetype }
            #expect(!kind.isEmpty)
            let leavers = kind.count { $0.left != nil }
            switch archetype {
            case _ where !archetype.isDecline: #expect(leavers == 0)
            default: #expect(leavers > 0 && leavers < kind.count, "\(archetype): \(leavers) of \(kind.count)")
            }
        }
    }

    @Test("shows in the stream: each archetype's people do what its name says")
    func behaviour() throws {
        let population = population(companies: 100, linesPerVisit: 1)
        var days: [String: [Int: Set<String>]] = [:]
        var jobs: [String: Int] = [:]
        var core: [String: Int] = [:]
        for line in try heard(population) where line.kind == "event" {
            guard let user = line.user else {
                jobs[line.company, default: 0] += 1
                continue
            }
            days[line.company, default: [:]][Int(line.time.utcDay - monday.utcDay), default: []].insert(user)
            if line.task == "report.exported" || line.task == "invoice.sent" { core[line.company, default: 0] += 1 }
        }
        func people(_ company: String, around instant: Timestamp, _ range: Range<Int>) -> Int {
            let day = Int(instant.utcDay - monday.utcDay)
            return Set(range.flatMap { days[company]?[day + $0] ?? [] }).count
        }
        for truth in population.truth {
            guard let turned = truth.turned else { continue }
            let company = truth.company
            switch truth.archetype {
            case .steady: Issue.record("a steady company turned")
            case .growing:
                let last = people(company, around: turned, 95..<123)
                #expect(Double(last) > 1.3 * Double(people(company, around: turned, -28..<0)), "\(truth)")
            case .fillingSeats:
                guard let grew = truth.grew else { continue }
                #expect(people(company, around: grew, -28..<0) > people(company, around: turned, -28..<0), "\(truth)")
            case .silentOvernight:
                #expect(people(company, around: turned, 2..<16) == 0, "\(truth)")
            case .onboardingBadly:
                if truth.left != nil { #expect(core[company] == nil, "\(truth)") }
            case .replacedByJob:
                #expect(jobs[company, default: 0] > 10, "\(truth)")
            case .fading, .losingChampion:
                guard let left = truth.left else { continue }
                #expect(people(company, around: left, -14..<0) < people(company, around: turned, -28..<0), "\(truth)")
            }
        }
    }
}

@Suite("The judgement of flags against the truth")
struct JudgementTests {
    private func truth(_ company: String, turned: Int64? = nil, left: Int64? = nil) -> CompanyTruth {
        func day(_ number: Int64?) -> Timestamp? { number.map { Timestamp(milliseconds: $0 * millisecondsPerDay) } }
        return CompanyTruth(company: company, archetype: .fading, turned: day(turned), left: day(left), grew: nil)
    }

    private func flag(_ company: String, _ day: Int64) -> (company: String, at: Timestamp) {
        (company, Timestamp(milliseconds: day * millisecondsPerDay))
    }

    @Test("names a leaver only between its turn and its leaving, and counts flagged stayers as wrong")
    func judgement() {
        let judgement = Judgement(
            truth: [
                truth("early", turned: 10, left: 50), truth("late", turned: 10, left: 50),
                truth("named", turned: 10, left: 50), truth("twice", turned: 10, left: 50),
                truth("well", turned: 10), truth("quiet"),
            ],
            raised: [
                flag("early", 9), flag("late", 50), flag("named", 10), flag("twice", 40), flag("twice", 30),
                flag("well", 5), flag("elsewhere", 5),
            ])
        #expect(judgement.leavers == 4)
        #expect(judgement.named == 2)
        #expect(judgement.daysEarly == [20, 40])
        #expect(judgement.medianDaysEarly == 20)
        #expect(judgement.missed == ["early", "late"])
        #expect(judgement.stayers == 2)
        #expect(judgement.wrong == ["well"])
        #expect(judgement.outlived == 1)
        #expect(judgement.summary.hasPrefix("2 of 4 real leavers"))
    }

    @Test("says so plainly when nobody left and nobody was named")
    func nobody() {
        let judgement = Judgement(truth: [truth("quiet")], raised: [])
        #expect(judgement.medianDaysEarly == nil)
        #expect(judgement.summary == "0 of 0 real leavers were named in time; 0 of 1 that stayed were named wrongly.")
    }
}
