import TestSupport
import Testing
import UsageModel

@testable import Portraits

@Suite("Days of a list")
struct DayListTests {
    private struct Entry: Equatable {
        var day: Int32
        var sum: UInt64
        var note: UInt64
    }

    /// What a list is made of: from what hardly any word is long enough for to what nearly all are.
    enum Habit: CaseIterable {
        case task, user, busyUser, sparseUser, anything

        func next(_ random: inout SeededRandom, around day: Int32) -> (day: Int32, count: UInt64, note: UInt64) {
            let near = day + Int32(random.below(9)) - 2
            let time = DayNote.of(Int64(near) * millisecondsPerDay + Int64(random.below(86_400_000)), on: near)
            switch self {
            case .task: return (near, 1 + random.below(5), random.below(2))
            case .user: return (near, 1 + random.below(5), time)
            case .busyUser: return (near, 1 + random.below(3_000), time)
            case .sparseUser: return (day + Int32(random.below(2_000)) - 400, 1 + random.below(5), time)
            case .anything:
                let count = random.next() >> random.below(64)
                return (Int32(random.below(3_600_000)) - 719_000, count, random.below(DayCount.greatestNote + 1))
            }
        }
    }

    /// Calls `body` with an arena that lives as long.
    private func withArena(_ body: (UnsafeMutablePointer<DayArena>) throws -> Void) rethrows {
        let arena = UnsafeMutablePointer<DayArena>.allocate(capacity: 1)
        arena.initialize(to: DayArena())
        defer {
            arena.deinitialize(count: 1)
            arena.deallocate()
        }
        try body(arena)
    }

    private func entries(_ list: DayList, _ arena: UnsafeMutablePointer<DayArena>) -> [Entry] {
        var entries: [Entry] = []
        list.forEach(from: .min, arena) { entries.append(Entry(day: $0, sum: $1, note: $2)) }
        return entries
    }

    @Test("a list says what a dictionary says, however its days are packed", arguments: Habit.allCases, 1...4)
    func random(habit: Habit, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        try withArena { arena in
            for _ in 0..<40 {
                var list = DayList()
                var model: [Int32: Entry] = [:]
                var day = Int32(random.below(20_000))
                for _ in 0..<Int(random.below(120)) {
                    let next = habit.next(&random, around: day)
                    day = habit == .anything ? day : max(day, next.day)
                    let isNew = list.add(next.count, on: next.day, note: next.note, keepingFrom: .min, arena)
                    #expect(isNew == (model[next.day] == nil))
                    var entry = model[next.day] ?? Entry(day: next.day, sum: 0, note: 0)
                    entry.sum &+= next.count
                    entry.note = max(entry.note, next.note)
                    model[next.day] = entry
                    if random.chance(5) {
                        let kept = day - Int32(random.below(60))
                        list.prune(before: kept, arena)
                        model = model.filter { $0.key >= kept }
                    }
                }
                let expected = model.values.sorted { $0.day < $1.day }
                #expect(entries(list, arena) == expected)
                let days = DayRange(day - 30, day + 3)
                let inRange = expected.filter { $0.day >= days.first && $0.day <= days.last }
                #expect(list.sum(days, arena) == inRange.reduce(0) { $0 &+ $1.sum })
                #expect(list.work(days, arena).days == inRange.count)
                #expect(list.hasAny(days, arena) == !inRange.isEmpty)
                #expect(list.hasNoted(days, arena) == inRange.contains { $0.note > 0 })
                try checkWritten(list, from: day - Int32(random.below(40)), arena)
                list.free(arena)
            }
        }
    }

    /// In two parts, as a checkpoint has a company's days, the later ones first.
    private func checkWritten(
        _ list: DayList, from day: Int32, _ arena: UnsafeMutablePointer<DayArena>
    ) throws {
        let recent = ByteBuffer()
        let older = ByteBuffer()
        list.write(from: day, to: recent, arena)
        list.write(before: day, to: older, arena)
        var read = DayList()
        for part in [recent, older] {
            var reader = ByteReader(part.bytes)
            try read.read(&reader, arena)
            #expect(reader.isAtEnd)
        }
        #expect(entries(read, arena) == entries(list, arena))
        read.free(arena)
    }

    /// As many elements as `older` says, in the bytes `elements`, before those of a list; nil where they are refused.
    private func prepended(
        _ older: UInt32, _ elements: [UInt8], to list: DayList, _ arena: UnsafeMutablePointer<DayArena>
    ) -> Int? {
        let bytes = ByteBuffer()
        bytes.append(older)
        elements.withUnsafeBytes { bytes.append($0) }
        var reader = ByteReader(bytes.bytes)
        var joined = list.rest
        do throws(DamagedBytes) {
            guard let read = try DayElements.read(&reader) else { return 0 }
            joined.prepend(read.elements, count: read.count, arena)
            return joined.count
        } catch {
            #expect(joined.count == list.rest.count)
            return nil
        }
    }

    @Test("days before others are taken in whatever they and their base are, and refused where bytes are missing")
    func prepending() {
        withArena { arena in
            func list() -> DayList {
                var list = DayList()
                let noon = DayNote.of(20_000 * millisecondsPerDay, on: 20_000)
                for day in Int32(20_000)..<20_004 { _ = list.add(1, on: day, note: noon, keepingFrom: .min, arena) }
                return list
            }
            let widthShift: UInt32 = 30
            for width in [DayWidth.four, .six, .eight] {
                let count: UInt32 = 5
                let byteCount = width.byteCount(of: Int(count))
                let head = count | UInt32(width.rawValue) << widthShift
                for byte in [UInt8(0), 0x55, .max] {
                    let elements = [UInt8](repeating: byte, count: byteCount)
                    #expect(prepended(head, elements, to: list(), arena) == 8, "\(width) \(byte)")
                    #expect(prepended(head, elements.dropLast(), to: list(), arena) == nil)
                }
            }
            #expect(prepended(5 | 3 << widthShift, [UInt8](repeating: 0, count: 100), to: list(), arena) == nil)
            #expect(prepended(1 << widthShift - 1, [UInt8](repeating: 0, count: 100), to: list(), arena) == nil)
            #expect(prepended(0, [], to: list(), arena) == 0)
        }
    }

    @Test("days of tasks take 4 bytes, of users 6, and what neither holds 8")
    func widths() {
        withArena { arena in
            func width(_ days: [(day: Int32, count: UInt64, note: UInt64)]) -> DayWidth {
                var list = DayList()
                for day in days { _ = list.add(day.count, on: day.day, note: day.note, keepingFrom: .min, arena) }
                defer { list.free(arena) }
                return list.rest.width
            }
            let noon = DayNote.of(20_000 * millisecondsPerDay, on: 20_000)
            #expect(width([(20_000, 2_047, 1), (20_001, 1, 1)]) == .four)
            #expect(width([(20_000, 2_047, noon), (20_440, 1, noon), (20_441, 1, noon)]) == .six)
            #expect(width([(20_000, 1, noon), (21_000, 1, noon), (21_001, 1, noon)]) == .eight)
            #expect(width([(20_000, 2_048, noon), (20_001, 1, noon)]) == .eight)
        }
    }
}
