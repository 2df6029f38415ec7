import Dispatch
import Portraits
import Synchronization
import TestSupport
import Testing
import UsageModel

@Suite("Checkpoints of portraits", .enabled(if: ZoneFiles.areInstalled, "no zones in /usr/share/zoneinfo"))
struct ModelCheckpointTests {
    private static let seeds = (1...4).map { UInt64($0) }

    @Test("one taken while the fold goes on shows the state as it was when it began, and goes on", arguments: seeds)
    func underWay(seed: UInt64) throws {
        for shape in StreamShape.all {
            var stream = ModelStream(seed: seed, shape: shape)
            let replay = ModelReplay(settings: stream.settings)
            let recorder = CheckpointRecorder(replay.portraits)
            var random = SeededRandom(seed: seed &* 71)
            var sampler = MetricSampler(
                random: SeededRandom(seed: seed &* 37), tasks: ModelStream.tasks.map { replay.task($0) })
            var keptCount = 0
            var toldBefore = 0
            while let fact = stream.next() {
                replay.apply(fact)
                // A question about a later day moves what lies ahead into the lists.
                if random.chance(10), let now = replay.model.now {
                    let later = now + Int64(random.below(4)) * 86_400_000
                    _ = replay.pair(random.pick(ModelStream.companies), at: later)?.differences(in: sampler.sample())
                }
                if recorder.isUnderWay {
                    guard random.chance(30), !recorder.proceed(partCount: random.below(12)) else { continue }
                    let isKept = random.chance(70)
                    recorder.end(isKept: isKept)
                    guard isKept else { continue }
                    keptCount += 1
                    let restored = try recorder.restored(names: replay.names, shuffledBy: &random)
                    try #require(digests(restored) == recorder.digests, "seed \(seed), \(shape.name)")
                    for told in replay.told[toldBefore...] { told.apply(to: restored) }
                    try #require(digests(restored) == digests(replay.portraits), "seed \(seed), \(shape.name)")
                } else if random.chance(10) {
                    recorder.begin(digests(replay.portraits))
                    toldBefore = replay.told.count
                }
            }
            #expect(keptCount > 3, "seed \(seed), \(shape.name)")
        }
    }

    @Test("the fold goes on from one as it would have gone on without", arguments: seeds)
    func goingOn(seed: UInt64) throws {
        for shape in StreamShape.all {
            var stream = ModelStream(seed: seed, shape: shape)
            let plain = ModelReplay(settings: stream.settings)
            let restarted = ModelReplay(settings: stream.settings)
            var recorder = CheckpointRecorder(restarted.portraits)
            var random = SeededRandom(seed: seed &* 73)
            var sampler = MetricSampler(
                random: SeededRandom(seed: seed &* 37), tasks: ModelStream.tasks.map { restarted.task($0) })
            while let fact = stream.next() {
                plain.apply(fact)
                restarted.apply(fact)
                guard random.chance(4) else { continue }
                recorder.begin(digests(restarted.portraits))
                while recorder.proceed() {}
                recorder.end(isKept: true)
                restarted.goOn(with: try recorder.restored(names: restarted.names, shuffledBy: &random))
                recorder = CheckpointRecorder(restarted.portraits, after: recorder)
                guard let now = restarted.model.now else { continue }
                for company in ModelStream.companies {
                    guard let pair = restarted.pair(company, at: now) else { continue }
                    let differences = pair.differences(in: sampler.sample())
                    try #require(differences.isEmpty, "seed \(seed), \(shape.name), \(company): \(differences)")
                }
            }
            #expect(digests(restarted.portraits) == digests(plain.portraits), "seed \(seed), \(shape.name)")
        }
    }

    @Test("bytes that are cut off or changed are refused or read as what they say, and never trap", arguments: seeds)
    func damaged(seed: UInt64) throws {
        var stream = ModelStream(seed: seed, shape: StreamShape.all[1])
        let replay = ModelReplay(settings: stream.settings)
        while let fact = stream.next() { replay.apply(fact) }
        let recorder = CheckpointRecorder(replay.portraits)
        recorder.begin([:])
        while recorder.proceed() {}
        recorder.end(isKept: true)
        var random = SeededRandom(seed: seed)
        for _ in 0..<2_000 {
            let damaged = recorder.damaged(by: &random)
            _ = try? damaged.restored(names: replay.names, shuffledBy: &random)
        }
        for (part, bytes) in recorder.parts where !bytes.isEmpty {
            let cut = recorder.cut(part)
            #expect(throws: DamagedBytes.self) { try cut.restored(names: replay.names, shuffledBy: &random) }
        }
    }

    /// Rows of users lie in pages of sixteen; here those of two companies take turns, and most users know both.
    @Test("many users of companies that grow together are read back as they were, and can be merged after it")
    func manyUsers() throws {
        let scene = Scene()
        func tell(_ numbers: Range<Int>) {
            for number in numbers {
                scene.event("2026-03-01", "u\(number)", count: UInt64(number), company: number % 2 == 0 ? "a" : "b")
                if number % 10 != 0 { scene.event("2026-03-02", "u\(number)", company: number % 2 == 0 ? "b" : "a") }
            }
        }
        tell(0..<100)
        for number in 40..<70 { scene.alias("u\(number)", to: "u\(number - 40)", at: "2026-03-03") }
        tell(100..<130)
        let restored = try readBack(scene)
        // Of 130 users 30 have become others; every tenth of the 100 is known to the first company alone.
        #expect(try scene.number(.usersTotal, of: "a") == 100 && scene.number(.usersTotal, of: "b") == 90)
        for (seq, number) in (0..<40).enumerated() {
            var record = Record(kind: .alias)
            record.sentUser = scene.user("u\(number)")
            record.user = scene.user("u\(number + 80)")
            record.time = Scene.time("2026-03-04")
            for portraits in [restored, scene.portraits] {
                portraits.advanceClock(for: record, logTime: record.time)
                [UInt8]().withUnsafeBytes { portraits.apply(record, seq: UInt64(1_000 + seq), bytes: $0) }
            }
        }
        #expect(digests(restored) == digests(scene.portraits))
    }

    /// What a checkpoint of the scene gives back, which is as the scene is.
    private func readBack(_ scene: Scene) throws -> Portraits {
        let recorder = CheckpointRecorder(scene.portraits)
        recorder.begin(digests(scene.portraits))
        while recorder.proceed() {}
        recorder.end(isKept: true)
        var random = SeededRandom(seed: 1)
        let restored = try recorder.restored(names: scene.names, shuffledBy: &random)
        #expect(digests(restored) == recorder.digests)
        return restored
    }

    /// Of 60 users each of the first half becomes one of the second, so that rows of both pages move about.
    @Test("what few users have follows them through merges, however their rows move, and into a checkpoint")
    func details() throws {
        let scene = Scene()
        let large: UInt64 = 1 << 32
        func isLeaver(_ number: Int) -> Bool { number % 7 == 0 }
        for number in 0..<60 {
            let user = "u\(number)"
            scene.event("2026-03-01", user, count: number % 4 == 0 ? large : UInt64(number))
            if number % 3 == 0 { scene.control(.identify, "2026-03-01", user, ["number": .int(number)]) }
            if isLeaver(number) { scene.control(.leave, "2026-03-02", user) }
            if number % 5 == 0, !isLeaver(number) { scene.event("2026-03-20", user, logged: "2026-03-02") }
        }
        func check(_ portraits: Portraits) throws {
            let portrait = try #require(portraits.portrait(scene.company("acme")))
            let moment = portraits.moment(for: scene.company("acme"), at: Scene.time("2026-03-03"))
            var goneCount = 0
            for number in 30..<60 {
                let pair = [number, number - 30]
                let isAhead = pair.contains { $0 % 5 == 0 && !isLeaver($0) }
                let isGone = pair.contains(where: isLeaver) && !isAhead
                let known = try #require(portrait.user(scene.user("u\(number)"), at: moment))
                let counts = pair.map { ($0 % 4 == 0 ? large : UInt64($0)) + ($0 % 5 == 0 && !isLeaver($0) ? 1 : 0) }
                #expect(known.lifetime == counts.reduce(0, +), "u\(number)")
                #expect(known.last == Scene.time(isAhead ? "2026-03-20" : "2026-03-01"), "u\(number)")
                #expect(known.traits == (number % 3 == 0 ? .object([.init("number", .int(number))]) : .object([])))
                #expect(known.left == isGone, "u\(number)")
                if isGone { goneCount += 1 }
            }
            #expect(goneCount > 0 && goneCount < 30)
            guard case .number(let left) = portrait.value(of: .left(.days(28)), at: moment) else {
                Issue.record("nobody is known to have left")
                return
            }
            #expect(left == Double(goneCount))
        }
        for number in 0..<30 { scene.alias("u\(number)", to: "u\(number + 30)", at: "2026-03-03") }
        try check(scene.portraits)
        try check(readBack(scene))
    }

    @Test("rows in many shares are read at the same time, and their days can grow after it")
    func manyShares() throws {
        let scene = Scene()
        let times = (1...8).map { Scene.time("2026-03-0\($0)") }
        let users = (0..<70_000).map { scene.user("u\($0)") }
        let companies = [scene.company("a"), scene.company("b")]
        var seq: UInt64 = 1
        func tell(_ portraits: Portraits..., every step: Int, on day: Int) {
            for number in stride(from: 0, to: users.count, by: step) {
                var record = Record(kind: .track)
                record.company = companies[number % 3 == 0 ? 0 : 1]
                (record.sentUser, record.user) = (users[number], users[number])
                record.task = scene.task("work")
                record.count = 1
                record.time = times[day - 1]
                record.day = Zone.utc.day(of: record.time)
                seq += 1
                let event = ModelReplay.Told(record: record, seq: seq, bytes: [], logTime: record.time)
                for portraits in portraits { event.apply(to: portraits) }
            }
        }
        for day in 1...4 { tell(scene.portraits, every: day * day, on: day) }
        for number in stride(from: 0, to: users.count, by: 1_000) {
            scene.control(
                .identify, "2026-03-04", "u\(number)", company: number % 3 == 0 ? "a" : "b",
                .object([.init("email", .string("\(number)@a"))]))
        }
        let recorder = CheckpointRecorder(scene.portraits)
        recorder.begin(digests(scene.portraits))
        while recorder.proceed() {}
        recorder.end(isKept: true)
        #expect(Set(recorder.parts.keys.map(\.share)) == [0, 1, 2])
        var random = SeededRandom(seed: 1)
        let restored = try recorder.restored(names: scene.names, shuffledBy: &random)
        #expect(digests(restored) == recorder.digests)
        for day in 5...8 { tell(scene.portraits, restored, every: day, on: day) }
        #expect(digests(restored) == digests(scene.portraits))
    }

    @Test("a user who becomes another while a checkpoint is due is still at home where it was, and becomes it again")
    func renamedWhileDue() throws {
        let scene = Scene()
        for company in ["a", "b"] { scene.event("2026-03-01", "old", company: company) }
        let recorder = CheckpointRecorder(scene.portraits)
        recorder.begin(digests(scene.portraits))
        var record = Record(kind: .alias)
        record.sentUser = scene.user("old")
        record.user = scene.user("new")
        record.time = Scene.time("2026-03-02")
        let alias = ModelReplay.Told(record: record, seq: 100, bytes: [], logTime: record.time)
        alias.apply(to: scene.portraits)
        while recorder.proceed() {}
        recorder.end(isKept: true)
        var random = SeededRandom(seed: 1)
        let restored = try recorder.restored(names: scene.names, shuffledBy: &random)
        #expect(digests(restored) == recorder.digests)
        alias.apply(to: restored)
        #expect(digests(restored) == digests(scene.portraits))
    }

    @Test("a company that only ever had touches is read back when all of them are beyond every window")
    func onlyTouches() throws {
        let scene = Scene()
        let recorder = CheckpointRecorder(scene.portraits)
        var random = SeededRandom(seed: 2)
        scene.control(.touch, "2025-01-01")
        for time in ["2025-01-06", "2026-02-25", "2026-03-02", "2026-03-07"] {
            scene.control(.group, time, nil, .object([.init("plan", .string(time))]))
            recorder.begin(digests(scene.portraits))
            while recorder.proceed() {}
            recorder.end(isKept: true)
            let restored = try recorder.restored(names: scene.names, shuffledBy: &random)
            #expect(digests(restored) == recorder.digests)
        }
    }

    private func digests(_ portraits: Portraits) -> [String: Hash128] {
        var digests: [String: Hash128] = ["": portraits.globalDigest()]
        for company in portraits.companies() {
            digests[portraits.names.name(company)] = portraits.digest(of: company, adding: [])
        }
        return digests
    }
}

/// Keeps checkpoints in memory, as the engine keeps them in files.
final class CheckpointRecorder {
    private(set) var digests: [String: Hash128] = [:]
    private(set) var isUnderWay = false
    private(set) var parts: [CheckpointPart: [UInt8]] = [:]
    private var global: [UInt8] = []
    private let portraits: Portraits
    private var newGlobal: [UInt8] = []
    private var newDigests: [String: Hash128] = [:]
    private var newParts: [CheckpointPart: [UInt8]] = [:]

    /// - Parameter earlier: what `portraits` were read from.
    init(_ portraits: Portraits, after earlier: CheckpointRecorder? = nil) {
        self.portraits = portraits
        parts = earlier?.parts ?? [:]
        global = earlier?.global ?? []
        portraits.writeBeforeChange = { [unowned self] in self.write($0) }
    }

    func begin(_ digests: [String: Hash128]) {
        newDigests = digests
        newParts = [:]
        newGlobal = bytes { portraits.writeGlobal(to: $0) }
        portraits.beginCheckpoint()
        isUnderWay = true
    }

    /// Writes one part; false when none is left.
    func proceed() -> Bool {
        var lookCount = Int.max
        guard case .write(let part) = portraits.nextCheckpointPart(&lookCount) else { return false }
        write(part)
        return true
    }

    /// Writes so many; false when none is left.
    func proceed(partCount: UInt64) -> Bool { (0..<partCount).allSatisfy { _ in proceed() } }

    func end(isKept: Bool) {
        portraits.endCheckpoint(isKept: isKept)
        isUnderWay = false
        guard isKept else { return }
        parts.merge(newParts) { $1 }
        global = newGlobal
        digests = newDigests
    }

    private func write(_ part: CheckpointPart) {
        precondition(newParts[part] == nil, "\(part) is written twice")
        newParts[part] = bytes { portraits.write(part, to: $0) }
    }

    private func bytes(_ body: (ByteBuffer) -> Void) -> [UInt8] {
        let buffer = ByteBuffer()
        body(buffer)
        return Array(buffer.bytes)
    }

    func restored(names: NameTable, shuffledBy random: inout SeededRandom) throws(DamagedBytes) -> Portraits {
        let portraits = Portraits(names: names)
        let nameTotal = NameKind.allCases.reduce(0) { $0 + names.count($1) }
        try global.read { (reader) throws(DamagedBytes) in
            try portraits.readGlobal(&reader, nameTotal: nameTotal, partTotal: parts.count)
        }
        let shuffled = parts.keys.sorted { "\($0)" < "\($1)" }.shuffled(using: &random)
        let shares = Dictionary(grouping: shuffled, by: \.share).values.map(\.self)
        let failure = Mutex<DamagedBytes?>(nil)
        nonisolated(unsafe) let reading = (portraits, parts)
        DispatchQueue.concurrentPerform(iterations: shares.count) { index in
            let (portraits, parts) = reading
            do throws(DamagedBytes) {
                for part in shares[index] {
                    try (parts[part] ?? []).read { (reader) throws(DamagedBytes) in try portraits.read(part, &reader) }
                }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        try portraits.endReading()
        return portraits
    }

    func damaged(by random: inout SeededRandom) -> CheckpointRecorder {
        let copy = CheckpointRecorder(Portraits(names: portraits.names), after: self)
        let part = random.pick(parts.keys.sorted { "\($0)" < "\($1)" })
        guard var bytes = parts[part], !bytes.isEmpty else { return copy }
        bytes[Int(random.below(UInt64(bytes.count)))] ^= UInt8(1 << random.below(8))
        copy.parts[part] = bytes
        return copy
    }

    func cut(_ part: CheckpointPart) -> CheckpointRecorder {
        let copy = CheckpointRecorder(Portraits(names: portraits.names), after: self)
        copy.parts[part]?.removeLast()
        return copy
    }
}

extension [UInt8] {
    fileprivate func read(_ body: (inout ByteReader) throws(DamagedBytes) -> Void) throws(DamagedBytes) {
        let result = withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            return Result { () throws(DamagedBytes) in
                try body(&reader)
                if !reader.isAtEnd { throw DamagedBytes("bytes are left") }
            }
        }
        try result.get()
    }
}
