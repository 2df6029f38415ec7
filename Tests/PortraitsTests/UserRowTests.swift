import Testing
import UsageModel

@testable import Portraits

/// Number, width and place of the days, mark and flags share a word.
@Suite("What a user's row packs")
struct UserRowTests {
    private static let greatestCount = 1 << 15 - 1

    @Test(
        "each part is what was set last, whatever the others are",
        arguments: [0, 1, greatestCount], [DayWidth.four, .six, .eight])
    func parts(count: Int, width: DayWidth) {
        for sizeClass in [UInt8(0), 30] {
            for mark in [PartMark.unchanged, .odd, .even] {
                for flags in [UserFlags(), UserFlags(rawValue: .max), .gone] {
                    var row = UserRow(user: UserID(number: 7))
                    let rest = DayBlock(block: .max, sizeClass, width, count: count)
                    // In both orders: none may write over another.
                    row.flags = flags
                    row.days = DayList(last: DayCount(day: 20_000, note: 1), rest: rest)
                    row.mark = mark
                    expect(row, rest, mark, flags)
                    row.days = DayList(last: DayCount(day: 20_000, note: 1), rest: DayBlock())
                    row.mark = mark
                    row.flags = flags
                    expect(row, DayBlock(), mark, flags)
                    row.days = DayList(last: DayCount(day: 20_000, note: 1), rest: rest)
                    expect(row, rest, mark, flags)
                }
            }
        }
    }

    private func expect(_ row: UserRow, _ rest: DayBlock, _ mark: PartMark, _ flags: UserFlags) {
        let found = row.days.rest
        #expect(found.count == rest.count && found.block == rest.block && found.sizeClass == rest.sizeClass)
        #expect(found.count == 0 || found.width == rest.width)
        #expect(row.mark == mark && row.flags == flags && row.user == UserID(number: 7))
        #expect(row.days.last.day == 20_000)
    }

    @Test("a row has no room for more days than it can count, nor for a block of a class that it cannot name")
    func room() {
        #expect(UserRow.hasRoom(for: DayBlock(block: 1, 30, .eight, count: Self.greatestCount)))
        #expect(!UserRow.hasRoom(for: DayBlock(block: 1, 30, .eight, count: Self.greatestCount + 1)))
        #expect(!UserRow.hasRoom(for: DayBlock(block: 1, 31, .eight, count: 1)))
        #expect(UserRow.hasRoom(for: DayBlock()))
    }
}
