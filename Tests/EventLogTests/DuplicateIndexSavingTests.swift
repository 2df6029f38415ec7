import TestSupport
import Testing
import UsageModel

@testable import EventLog

/// Fingerprints that leave memory with checkpoints are found as before.
@Suite("The duplicate index with checkpoints")
struct DuplicateIndexSavingTests {
    @Test("whatever is saved, dropped, given up or read again, it finds what a dictionary finds", arguments: 1...6)
    func model(seed: Int) throws {
        let scene = try SavingScene(seed: UInt64(seed))
        for _ in 0..<120 {
            scene.insertSome()
            switch scene.random.below(12) {
            case 0: scene.beginSaving()
            case 1, 2: try scene.endSaving(isKept: scene.random.chance(70))
            case 3: try scene.restart()
            default: break
            }
            try scene.expectSample("seed \(seed)")
        }
        try scene.expectAll("seed \(seed)")
    }

    @Test("what does not fit into the budget leaves memory, the oldest dates first")
    func budget() throws {
        let scene = try SavingScene(seed: 9)
        for _ in 0..<200 { scene.insertSome() }
        let before = scene.index.byteCount
        scene.beginSaving(budgetBytes: before / 2)
        #expect(scene.index.byteCount <= before / 2)
        try scene.expectAll("while they are saved")
        try scene.endSaving(isKept: true)
        #expect(scene.index.byteCount <= before / 2)
        try scene.expectAll("when they are saved")
    }
}

private final class SavingScene {
    var random: SeededRandom
    private(set) var index = DuplicateIndex()
    private let temporary = TemporaryDirectory()
    private let store: CheckpointStore
    private var model: [Day: [UInt64: [UInt64]]] = [:]
    private var taken: UnsavedDuplicates?
    /// Entered since the last checkpoint that was kept began: what a restart reads from the log.
    private var sinceKept: [(fingerprint: UInt64, day: Day, seq: UInt64)] = []
    private var sinceBegan: [(fingerprint: UInt64, day: Day, seq: UInt64)] = []
    private var seq: UInt64 = 0

    init(seed: UInt64) throws {
        random = SeededRandom(seed: seed)
        store = try CheckpointStore.open(stateDirectory: temporary.path, logID: .zero, layout: 1) { _ in }
    }

    func insertSome() {
        for _ in 0..<random.below(60) {
            seq += 1
            let day = Day(number: Int32(random.below(4)) + Int32(seq / 1_500))
            let fingerprint = random.chance(30) ? random.below(40) << 50 : random.next()
            enter(fingerprint, day, seq)
            model[day, default: [:]][fingerprint >> 16, default: []].append(seq)
            sinceBegan.append((fingerprint, day, seq))
        }
    }

    private func enter(_ fingerprint: UInt64, _ day: Day, _ seq: UInt64) {
        index.insert(fingerprint: fingerprint, day: day, seq: seq)
    }

    func beginSaving(budgetBytes: Int? = nil) {
        guard taken == nil else { return }
        taken = index.beginSaving(budgetBytes: budgetBytes ?? Int(random.below(40_000)))
        sinceKept += sinceBegan
        sinceBegan = []
    }

    func endSaving(isKept: Bool) throws {
        guard let taken else { return }
        self.taken = nil
        guard isKept else {
            sinceBegan = sinceKept + sinceBegan
            sinceKept = []
            return index.abandonSaving(taken)
        }
        let header = CheckpointHeader(logID: .zero, seq: seq, blockHash: .zero, layout: 1)
        let writing = try store.begin(header)
        try writing.append(global: UnsafeRawBufferPointer(start: nil, count: 0))
        try writing.append(duplicates: taken)
        try store.keep(writing)
        sinceKept = []
        _ = index.endSaving(try store.duplicateRuns())
        if random.chance(50), try store.merge() { _ = index.useMerged(try store.duplicateRuns()) }
    }

    /// What the checkpoint holds, and what came after it.
    func restart() throws {
        taken = nil
        index = DuplicateIndex(runs: try store.duplicateRuns())
        sinceBegan = sinceKept + sinceBegan
        sinceKept = []
        for entry in sinceBegan { enter(entry.fingerprint, entry.day, entry.seq) }
    }

    func expectSample(_ comment: String) throws {
        for (day, known) in model {
            for fingerprint in known.keys.prefix(20) { try expect(day, fingerprint, comment) }
            for _ in 0..<5 { try expect(day, random.next() >> 16, comment) }
        }
    }

    func expectAll(_ comment: String) throws {
        for (day, known) in model {
            for fingerprint in known.keys { try expect(day, fingerprint, comment) }
        }
    }

    private func expect(_ day: Day, _ fingerprint: UInt64, _ comment: String) throws {
        let found = try index.candidates(fingerprint: fingerprint << 16, day: day)
        let expected = model[day]?[fingerprint] ?? []
        if found != expected { Issue.record("\(fingerprint) of \(day): \(found), not \(expected); \(comment)") }
    }
}
