import Foundation
import Synchronization
import TestSupport
import Testing
import UsageModel

@testable import EventLog

@Suite("Checkpoint files")
struct CheckpointStoreTests {
    private static let seeds = (1...6).map { UInt64($0) }
    /// Where tables begin in the files that have some; what lies before them is a header and nothing.
    private static let tablesOffset = 64 << 10

    @Test("what was kept last is read back, through merges and openings anew", arguments: seeds)
    func model(seed: UInt64) throws {
        let scene = try CheckpointScene(seed: seed)
        for _ in 0..<20 {
            // A merge is written while checkpoints are kept.
            let merged = try scene.random.chance(60) ? scene.store.nextMerge()?.write() : nil
            try scene.keepOne()
            if let merged {
                if scene.random.chance(50) { try scene.expectEverything("before the merge counts, seed \(seed)") }
                try scene.store.use(merged)
            }
            if scene.random.chance(30) { _ = try scene.store.merge() }
            if scene.random.chance(30) { try scene.reopen() }
            try scene.expectEverything("seed \(seed)")
        }
        #expect(scene.reports == [], "seed \(seed)")
        _ = try scene.store.merge()
        #expect(scene.fileNames.count <= 11, "seed \(seed): \(scene.fileNames)")
        // Runs that follow each other were put together.
        for file in scene.store.files {
            #expect(file.index.pieces.filter { $0.kind == .names }.count <= 2, "seed \(seed)")
        }
    }

    @Test("names that were saved again, since nobody heard that they were, are there once")
    func namesTwice() throws {
        let scene = try CheckpointScene(seed: 6)
        let names = NameTable()
        for number in 1...9 { let _: UserID = names.intern("user-\(number)") }
        for (seq, numbers) in [(UInt64(1), UInt32(1)..<4), (2, 1..<7), (3, 7..<10)] {
            let writing = try scene.store.begin(scene.header(seq: seq))
            try [1].withUnsafeBytes { try writing.append(global: $0) }
            try writing.append(names: names.reader, [(.user, numbers)])
            try scene.store.keep(writing)
        }
        for _ in 0..<2 {
            let found = NameTable()
            try scene.store.readNames(into: found)
            #expect(found.count(.user) == 9 && found.name(UserID(number: 5)) == "user-5")
            _ = try scene.store.merge()
        }
    }

    @Test("a file without a global record, or with two, is damaged", arguments: [0, 2])
    func globalRecords(count: Int) throws {
        let scene = try CheckpointScene(seed: 7)
        let writing = try scene.store.begin(scene.header(seq: 1))
        for _ in 0..<count { try [1].withUnsafeBytes { try writing.append(global: $0) } }
        try scene.store.keep(writing)
        #expect(throws: EventLogError.self) { try scene.store.check() }
    }

    @Test("pieces of a share that is merged are put together")
    func mergedPieces() throws {
        let scene = try CheckpointScene(seed: 8)
        for seq in 1..<UInt64(4) {
            let writing = try scene.store.begin(scene.header(seq: seq))
            try [1].withUnsafeBytes { try writing.append(global: $0) }
            for share in UInt32(0)..<2 {
                let piece = ByteBuffer()
                let start = CheckpointPartHeader.begin(kind: 1, number: UInt32(seq) * 2 + share, in: piece)
                piece.append(seq)
                CheckpointPartHeader.end(start, in: piece)
                try writing.append(parts: piece.bytes, share: share)
            }
            try scene.store.keep(writing)
            while try scene.store.merge() {}
        }
        let file = try #require(scene.store.files.first)
        #expect(scene.store.files.count == 1)
        #expect(file.index.pieces.filter { $0.kind == .parts }.map(\.share) == [0, 1])
        let found = Mutex<[UInt32]>([])
        try scene.store.read { _ in
        } parts: { (share, parts) throws(DamagedBytes) in
            while let part = try parts.next() {
                let number = part.number
                #expect(number % 2 == share)
                found.withLock { $0.append(number) }
            }
        }
        #expect(found.withLock { $0.sorted() } == [2, 3, 4, 5, 6, 7])
    }

    @Test("names of more than a piece are read back, and found in slots that were saved")
    func manyNames() throws {
        let scene = try CheckpointScene(seed: 5)
        let names = NameTable()
        func name(_ number: Int) -> String { "user-\(number)@a-company-with-a-name.example" }
        let count = NameRunWriter.leastIndexedCount * 2
        for number in 1...count { let _: UserID = names.intern(name(number)) }
        let ranges = [1..<UInt32(count / 2) + 1, UInt32(count / 2) + 1..<UInt32(count) + 1]
        for (index, range) in ranges.enumerated() {
            let writing = try scene.store.begin(scene.header(seq: UInt64(index + 1)))
            try [1].withUnsafeBytes { try writing.append(global: $0) }
            try writing.append(names: names.reader, [(.user, range)])
            try scene.store.keep(writing)
        }
        for isMerged in [false, true] {
            if isMerged { while try scene.store.merge() {} }
            let slots = scene.store.files.map { $0.index.byteCount(of: .nameSlots) }
            #expect(isMerged ? slots.count == 1 && slots[0] > 0 : slots.count == 2 && slots[0] == 0 && slots[1] > 0)
            #expect(try #require(scene.store.files.last).index.pieces.filter { $0.kind == .names }.count > 2)
            let found = NameTable()
            try scene.store.readNames(into: found)
            found.endRestoring()
            for number in 1...count {
                #expect(found.find(name(number), as: UserID.self)?.number == UInt32(number), "\(name(number))")
            }
            #expect(found.count(.user) == count)
            #expect(found.areAllFound)
        }
        let file = try #require(scene.store.files.first)
        let slots = try #require(file.index.pieces.first { $0.kind == .nameSlots })
        let path = scene.directory + "/state/" + CheckpointFile.name(file.number)
        var damaged = try Data(contentsOf: URL(fileURLWithPath: path))
        damaged[Int(slots.offset) + 1_000] ^= 1
        try damaged.write(to: URL(fileURLWithPath: path))
        try scene.reopen()
        #expect(throws: EventLogError.self) { try scene.store.readNames(into: NameTable()) }
    }

    @Test("of a checkpoint whose second file fails nothing is left")
    func secondFile() throws {
        let scene = try CheckpointScene(seed: 10)
        try scene.keepOne()
        let before = scene.fileNames
        let writing = try scene.store.begin(scene.header(seq: 900))
        try [1].withUnsafeBytes { try writing.append(global: $0) }
        var unsaved = UnsavedDuplicates()
        unsaved.append(.init(fingerprint: 1 << 40, seq: 1, day: 1))
        try writing.append(duplicates: unsaved)
        let next = (scene.store.allFiles.all.map(\.number).max() ?? 0) + 2
        // In its place, where no file can be moved to.
        for number in next...next + 1 {
            try FileManager.default.createDirectory(
                atPath: scene.directory + "/state/" + CheckpointFile.name(number), withIntermediateDirectories: true)
        }
        #expect(throws: EventLogError.self) { try scene.store.keep(writing) }
        for number in next...next + 1 {
            try FileManager.default.removeItem(atPath: scene.directory + "/state/" + CheckpointFile.name(number))
        }
        try scene.expectEverything("after it")
        #expect(scene.fileNames.filter { $0 != "new-duplicates" } == before)
        try scene.reopen()
        #expect(scene.fileNames == before)
    }

    @Test("what a crash left has no name after a start, and goes back to the disk bit by bit when that is done")
    func leftovers() async throws {
        let scene = try CheckpointScene(seed: 11)
        try scene.keepOne()
        let before = scene.fileNames
        let (path, byteCount) = (scene.directory + "/state/merged-7", 40 << 20)
        try Data(count: byteCount).write(to: URL(fileURLWithPath: path))
        let leftover = try #require(FileHandle(forReadingAtPath: path))
        try scene.reopen()
        #expect(scene.fileNames == before)
        #expect(try leftover.seekToEnd() == byteCount)
        scene.store.giveBackLeftovers()
        // Whoever closes it last gives back the rest.
        for _ in 0..<1_000 {
            if try leftover.seekToEnd() <= 16 << 20 { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try leftover.seekToEnd() <= 16 << 20)
        try scene.expectEverything("beside it")
    }

    @Test("of a file that a crash left and that has another name as well, that one keeps all")
    func linkedLeftover() async throws {
        let scene = try CheckpointScene(seed: 11)
        let (path, copy) = (scene.directory + "/state/merged-7", scene.directory + "/copy")
        try Data(count: 40 << 20).write(to: URL(fileURLWithPath: path))
        try FileManager.default.linkItem(atPath: path, toPath: copy)
        try scene.reopen()
        scene.store.giveBackLeftovers()
        // The blocks of one go back before those of the next.
        let (second, other) = (scene.directory + "/state/merged-8", 40 << 20)
        try Data(count: other).write(to: URL(fileURLWithPath: second))
        let last = try #require(FileHandle(forReadingAtPath: second))
        try scene.reopen()
        scene.store.giveBackLeftovers()
        for _ in 0..<1_000 {
            if try last.seekToEnd() < other { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try last.seekToEnd() < other)
        #expect(!scene.fileNames.contains("merged-7"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)).count == 40 << 20)
    }

    @Test("many files that came after the oldest are merged without it, also while all are", arguments: [false, true])
    func manyNewer(isLargerFirst: Bool) throws {
        let scene = try CheckpointScene(seed: 12)
        /// Merges duplicates until it is the state's turn.
        func nextOfState(besides running: [CheckpointMerge] = []) throws -> CheckpointMerge? {
            while let merge = scene.store.nextMerge(besides: running) {
                if merge.content == .state { return merge }
                try scene.store.use(try merge.write())
            }
            return nil
        }
        for _ in 0..<12 { try scene.keepOne() }
        let oldest = try #require(scene.store.files.last)
        let newer = try #require(try nextOfState())
        #expect(newer.files.count > 8 && !newer.files.contains { $0 === oldest })
        try scene.store.use(try newer.write())
        try scene.expectEverything("beside the oldest")
        let all = try #require(try nextOfState())
        #expect(all.files.count == 2 && all.files.last === oldest)
        var beside: CheckpointMerge?
        for count in 1...9 {
            try scene.keepOne()
            beside = try nextOfState(besides: [all])
            #expect((beside != nil) == (count == 9))
        }
        let other = try #require(beside)
        #expect(!other.files.contains { file in all.files.contains { $0 === file } })
        for merge in isLargerFirst ? [all, other] : [other, all] {
            try scene.store.use(try merge.write())
            try scene.expectEverything("after one of two")
        }
        #expect(scene.store.files.count <= 3)
        try scene.reopen()
        try scene.expectEverything("after a start")
        #expect(scene.reports == [])
    }

    @Test("duplicates stand in files of their own, and are written again by themselves")
    func duplicatesApart() throws {
        let scene = try CheckpointScene(seed: 9)
        // Of an event with this number; all over the range, as hashes are.
        func fingerprint(_ number: Int) -> UInt64 { UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15 }
        for seq in 1...5 {
            let writing = try scene.store.begin(scene.header(seq: UInt64(seq)))
            try [1].withUnsafeBytes { try writing.append(global: $0) }
            var unsaved = UnsavedDuplicates()
            // The first has so many that what comes later is no reason to write them again.
            for number in 0..<(seq == 1 ? 100_000 : seq == 3 ? 0 : 10) {
                unsaved.append(.init(fingerprint: fingerprint(number), seq: UInt64(seq), day: 1))
            }
            try writing.append(duplicates: unsaved)
            try scene.store.keep(writing)
        }
        let oldest = try #require(scene.store.allFiles[.duplicates].last)
        #expect(scene.store.allFiles[.duplicates].count == 4 && scene.store.files.count == 5)
        while try scene.store.merge() {}
        try scene.reopen()
        #expect(scene.reports == [])
        #expect(scene.store.files.count == 1 && scene.store.allFiles[.duplicates].map(\.number).last == oldest.number)
        let index = DuplicateIndex(runs: try scene.store.duplicateRuns())
        #expect(try index.candidates(fingerprint: fingerprint(3), day: Day(number: 1)) == [1, 2, 4, 5])
        #expect(try index.candidates(fingerprint: fingerprint(30), day: Day(number: 1)) == [1])
    }

    @Test("files in each other's place are damaged")
    func swapped() throws {
        let scene = try CheckpointScene(seed: 1)
        repeat { try scene.keepOne() } while scene.store.allFiles[.duplicates].isEmpty
        let files = scene.store.allFiles
        let manifest = CheckpointManifest(
            logID: CheckpointScene.logID, files: files[.duplicates].map(\.number),
            duplicates: files[.state].map(\.number))
        try Data(manifest.text.utf8).write(to: URL(fileURLWithPath: scene.directory + "/state/manifest"))
        try scene.reopen()
        #expect(scene.store.header == nil && scene.reports.count == 1)
    }

    @Test("a file that was not finished is as if it had never begun")
    func unfinished() throws {
        let scene = try CheckpointScene(seed: 1)
        try scene.keepOne()
        let writing = try scene.store.begin(scene.header(seq: 900))
        try [1, 2, 3].withUnsafeBytes { try writing.append(global: $0) }
        try scene.expectEverything("while it is written")
        try scene.reopen()
        try scene.expectEverything("after a start")
        #expect(!scene.fileNames.contains("new"))
    }

    @Test("a removed file gives its blocks back before it is closed")
    func removed() async throws {
        let scene = try CheckpointScene(seed: 1)
        let writing = try scene.store.begin(scene.header(seq: 1))
        let byteCount = 40 << 20
        try [UInt8](repeating: 1, count: byteCount).withUnsafeBytes { try writing.append(global: $0) }
        try scene.store.keep(writing)
        let name = try #require(scene.fileNames.first { $0 != CheckpointManifest.name })
        // Whoever holds it open sees how long it is, without a name too.
        let held = try FileHandle(forReadingFrom: URL(fileURLWithPath: scene.directory + "/state/" + name))
        #expect(try held.seekToEnd() >= byteCount)
        try scene.store.discard()
        for _ in 0..<1_000 {
            if try held.seekToEnd() < byteCount / 2 { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("after ten seconds it has \(try held.seekToEnd()) of \(byteCount) bytes")
    }

    @Test("a merge that was given up changes nothing")
    func cancelled() throws {
        let scene = try CheckpointScene(seed: 2)
        for _ in 0..<3 { try scene.keepOne() }
        let before = scene.fileNames
        scene.store.cancel()
        #expect(try !scene.store.merge())
        #expect(scene.fileNames == before)
        try scene.expectEverything("after it")
    }

    @Test("every bit of every file is either found out or says nothing", arguments: [false, true])
    func flippedBits(isMerged: Bool) throws {
        let scene = try CheckpointScene(seed: 3, isSmall: true)
        for _ in 0..<2 { try scene.keepOne() }
        if isMerged { _ = try scene.store.merge() }
        try scene.remember()
        for name in scene.fileNames {
            let path = scene.directory + "/state/" + name
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            let content = whole.count > Self.tablesOffset ? Self.tablesOffset : 0
            for at in Array(0..<min(content, 128)) + Array(content..<whole.count) where at % 3 == 0 {
                var damaged = whole
                damaged[at] ^= UInt8(1 << (at % 8))
                try damaged.write(to: URL(fileURLWithPath: path))
                var reports: [String] = []
                let opened = try CheckpointStore.open(
                    stateDirectory: scene.directory, logID: CheckpointScene.logID, layout: 7
                ) { reports.append($0) }
                if reports.isEmpty {
                    do {
                        try opened.check()
                        try scene.expectEverything(of: opened, "byte \(at) of \(name)")
                    } catch EventLogError.corrupt(let corruption) {
                        #expect(corruption.place.hasPrefix("state/"))
                        #expect(corruption.remedy.contains("a start makes another"))
                    }
                } else {
                    #expect(opened.header == nil && reports[0].contains("state"), "byte \(at) of \(name)")
                    // A store that gives up removes what it cannot use.
                    try scene.putBack()
                }
                try whole.write(to: URL(fileURLWithPath: path))
            }
        }
    }

    @Test("a checkpoint of another log, layout or time is not used")
    func foreign() throws {
        let scene = try CheckpointScene(seed: 4)
        try scene.keepOne()
        for (logID, layout) in [(Hash128(low: 1, high: 1), UInt64(7)), (CheckpointScene.logID, 8)] {
            var reports: [String] = []
            let opened = try CheckpointStore.open(stateDirectory: scene.directory, logID: logID, layout: layout) {
                reports.append($0)
            }
            #expect(opened.header == nil && reports.count == 1)
            try scene.putBack()
        }
    }
}

extension CheckpointStore {
    /// Merges while there are too many files. True when that changed anything.
    func merge() throws -> Bool {
        var changed = false
        while let merge = nextMerge() {
            try use(try merge.write())
            changed = true
        }
        return changed
    }
}

/// A store in a directory, with what it should hold.
final class CheckpointScene {
    static let logID = Hash128(low: 3, high: 4)
    private static let shareCount: UInt32 = 3
    private let temporary = TemporaryDirectory()
    private(set) var store: CheckpointStore
    private(set) var reports: [String] = []
    var random: SeededRandom
    private let isSmall: Bool
    private var seq: UInt64 = 0
    private var global: [UInt8] = []
    private var parts: [UInt64: [UInt8]] = [:]
    private var duplicates: [Day: [UInt64: [UInt64]]] = [:]
    private let names = NameTable()
    private var savedNames: [NameKind: UInt32] = [:]
    private var files: [String: Data] = [:]

    var directory: String { temporary.path }

    init(seed: UInt64, isSmall: Bool = false) throws {
        random = SeededRandom(seed: seed)
        self.isSmall = isSmall
        store = try CheckpointStore.open(stateDirectory: temporary.path, logID: Self.logID, layout: 7) { _ in }
    }

    var fileNames: [String] { (try? SystemCall.list(directory + "/state")) ?? [] }

    func header(seq: UInt64) -> CheckpointHeader {
        CheckpointHeader(logID: Self.logID, seq: seq, blockHash: Hash128(low: seq, high: 0), layout: 7)
    }

    func reopen() throws {
        store = try CheckpointStore.open(stateDirectory: directory, logID: Self.logID, layout: 7) { reports.append($0) }
    }

    /// Remembers the files, so that `putBack` can undo what a damaged one has brought about.
    func remember() throws {
        files = [:]
        for name in fileNames { files[name] = try Data(contentsOf: URL(fileURLWithPath: directory + "/state/" + name)) }
    }

    func putBack() throws {
        for (name, data) in files { try data.write(to: URL(fileURLWithPath: directory + "/state/" + name)) }
    }

    func keepOne() throws {
        seq += 100
        let writing = try store.begin(header(seq: seq))
        global = bytes(upTo: 300)
        try global.withUnsafeBytes { try writing.append(global: $0) }
        try writing.append(names: names.reader, newNames())
        for _ in 0..<random.below(4) {
            let piece = ByteBuffer()
            let share = UInt32(random.below(UInt64(Self.shareCount)))
            for _ in 0..<random.below(isSmall ? 3 : 12) {
                let kind = UInt32(1 + random.below(3)), number = UInt32(random.below(20)) * Self.shareCount + share
                let content = bytes(upTo: isSmall ? 60 : 2_000)
                let key = UInt64(kind) << 32 | UInt64(number)
                guard !written.contains(key) else { continue }
                written.insert(key)
                let start = CheckpointPartHeader.begin(kind: kind, number: number, in: piece)
                content.withUnsafeBytes { piece.append($0) }
                CheckpointPartHeader.end(start, in: piece)
                parts[key] = content
            }
            try writing.append(parts: piece.bytes, share: share)
        }
        written = []
        try writing.append(duplicates: newDuplicates())
        try store.keep(writing)
        try remember()
    }

    private var written: Set<UInt64> = []

    private func newNames() -> [(kind: NameKind, numbers: Range<UInt32>)] {
        for _ in 0..<random.below(isSmall ? 4 : 40) {
            let name = String(repeating: "n", count: Int(random.below(30))) + "\(random.next())"
            if random.chance(80) {
                let _: UserID = names.intern(name)
            } else {
                let _: CompanyID = names.intern(name)
            }
        }
        return NameKind.allCases.map { kind in
            let saved = savedNames[kind] ?? 0
            savedNames[kind] = UInt32(names.count(kind))
            return (kind, saved + 1..<UInt32(names.count(kind)) + 1)
        }
    }

    private static func texts(_ names: NameTable) -> [[String]] {
        NameKind.allCases.map { kind in
            (0..<UInt32(names.count(kind))).map { number in
                names.withBytes(of: number + 1, kind: kind) { String(decoding: $0, as: UTF8.self) }
            }
        }
    }

    private func newDuplicates() -> UnsavedDuplicates {
        var unsaved = UnsavedDuplicates()
        for _ in 0..<random.below(isSmall ? 20 : 2_000) {
            let day = Day(number: Int32(random.below(3)))
            // Few enough that some come twice, and some in every file.
            let fingerprint = random.chance(50) ? random.below(50) << 40 : random.next()
            let seq = 1 + random.below(1 << 40)
            unsaved.append(.init(fingerprint: fingerprint, seq: seq, day: day.number))
            duplicates[day, default: [:]][fingerprint >> 16, default: []].append(seq)
        }
        return unsaved
    }

    private func bytes(upTo count: UInt64) -> [UInt8] {
        (0..<random.below(count)).map { _ in UInt8(random.below(256)) }
    }

    func expectEverything(_ comment: String) throws { try expectEverything(of: store, comment) }

    func expectEverything(of store: CheckpointStore, _ comment: String) throws {
        let found = Mutex<[UInt64: [UInt8]]>([:])
        var foundGlobal: [UInt8] = []
        try store.read { (bytes) throws(DamagedBytes) in
            foundGlobal = Array(bytes)
        } parts: { (share, parts) throws(DamagedBytes) in
            while let part = try parts.next() {
                #expect(share == part.number % Self.shareCount, "\(comment)")
                let key = UInt64(part.kind) << 32 | UInt64(part.number)
                let bytes = Array(part.bytes)
                found.withLock { found in
                    #expect(found[key] == nil, "part \(key) twice: \(comment)")
                    found[key] = bytes
                }
            }
        }
        #expect(foundGlobal == global, "\(comment)")
        #expect(found.withLock { $0 } == parts, "\(comment)")
        #expect(store.header?.seq == seq, "\(comment)")
        let foundNames = NameTable()
        try store.readNames(into: foundNames)
        #expect(Self.texts(foundNames) == Self.texts(names), "\(comment)")
        let index = DuplicateIndex(runs: try store.duplicateRuns())
        for (day, known) in duplicates {
            for (fingerprint, seqs) in known {
                let candidates = try index.candidates(fingerprint: fingerprint << 16, day: day)
                if candidates != seqs.sorted() { Issue.record("\(fingerprint) of \(day): \(candidates), \(comment)") }
            }
            #expect(try index.candidates(fingerprint: 0xFFFF_0000_1234_0000, day: day).isEmpty)
        }
    }
}
