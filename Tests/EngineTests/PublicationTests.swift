import Testing
import UsageModel

@testable import Engine

@Suite("Waiting for records")
struct PublicationTests {
    private static let moves = RecordKinds(.move)
    private static let events = RecordKinds(.track)

    /// What one who waits is told; returns when it waits, or has its answer.
    private func waiter(
        for kinds: RecordKinds, beyond seq: UInt64, on publication: Publication
    ) async -> Task<UInt64, Never> {
        let before = publication.waitingCount
        let task = Task { await publication.wait(for: kinds, beyond: seq) }
        while publication.waitingCount == before { await Task.yield() }
        return task
    }

    @Test("one who waits for moves sleeps through blocks without any, and is told where the block with one begins")
    func kinds() async {
        let publication = Publication()
        publication.begin(at: 10)
        let forMoves = await waiter(for: Self.moves, beyond: 10, on: publication)
        let forAll = await waiter(for: .all, beyond: 10, on: publication)
        publication.publish(11...20, kinds: Self.events)
        #expect(await forAll.value == 11)
        publication.publish(21...30, kinds: Self.events)
        #expect(publication.waitingCount == 1)
        publication.publish(31...40, kinds: [Self.events, Self.moves])
        #expect(await forMoves.value == 31)
        #expect(publication.seq == 40 && publication.waitingCount == 0)
    }

    @Test("one who has not read everything looks for itself, at once")
    func behind() async {
        let publication = Publication()
        publication.begin(at: 10)
        #expect(await publication.wait(for: Self.moves, beyond: 4) == 5)
    }

    @Test("one who is ahead of the log waits until it has come there")
    func ahead() async {
        let publication = Publication()
        let ahead = await waiter(for: .all, beyond: 15, on: publication)
        publication.publish(1...10, kinds: .all)
        #expect(publication.waitingCount == 1)
        publication.publish(11...20, kinds: .all)
        #expect(await ahead.value == 16)
    }

    @Test("who gives up and who waits at the end are let go")
    func letGo() async {
        let publication = Publication()
        let cancelled = await waiter(for: .all, beyond: 0, on: publication)
        cancelled.cancel()
        #expect(await cancelled.value == 1)
        let last = await waiter(for: Self.moves, beyond: 0, on: publication)
        publication.close()
        #expect(await last.value == 1)
        #expect(await publication.wait(for: .all, beyond: 7) == 8)
    }
}
