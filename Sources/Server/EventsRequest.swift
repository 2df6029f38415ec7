import Engine
import NIOCore
import Synchronization
import UsageModel
import WireFormat

/// One `POST /v1/events`: a session as long as the request.
final class EventsRequest: SessionSink {
    private struct State {
        var errors: [UInt8] = []
        var missedErrors = 0
        var acked: UInt64 = 0
        var seq: UInt64 = 0
        var isFinished = false
        var isBatchAvailable = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Some 8,000 errors; beyond it they are counted only, and `tenure rejects` has the last ones.
    private static let errorBytes = 1 << 20

    func deliver(_ replies: SessionReplies) {
        wake { state in
            if state.errors.count + replies.errors.count <= Self.errorBytes {
                state.errors.append(contentsOf: replies.errors)
            } else {
                state.missedErrors += replies.errors.count { $0 == UInt8(ascii: "\n") }
            }
            state.acked = replies.acked
            state.seq = replies.seq
            state.isFinished = state.isFinished || replies.finished
            return state.isFinished
        }
    }

    func batchAvailable() {
        wake { state in
            state.isBatchAvailable = true
            return true
        }
    }

    /// A batch to decode into, as soon as there is one.
    func batch(from session: Session) async -> LineBatch {
        while true {
            if let batch = session.takeBatch() { return batch }
            await wait { state in
                defer { state.isBatchAvailable = false }
                return state.isBatchAvailable
            }
        }
    }

    /// Returns when the writer has settled the last batch.
    func finished() async { await wait { $0.isFinished } }

    /// The request's answer.
    var answer: JSON {
        state.withLock { state in
            var members: [JSON.Member] = [
                .init("ack", .int(state.acked)), .init("seq", .int(state.seq)),
                .init("errors", .array(Self.objects(state.errors))),
            ]
            if state.missedErrors > 0 { members.append(.init("errors_not_listed", .int(state.missedErrors))) }
            return .object(members)
        }
    }

    /// The error lines are the daemon's own, so each is an object.
    private static func objects(_ lines: [UInt8]) -> [JSON] {
        lines.split(separator: UInt8(ascii: "\n")).compactMap { line in
            line.withUnsafeBytes { try? JSON.parse($0) }
        }
    }

    /// Changes the state, and wakes the request when `change` says so.
    private func wake(_ change: (inout State) -> Bool) {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard change(&state) else { return nil }
            defer { state.waiting = nil }
            return state.waiting
        }
        continuation?.resume()
    }

    /// One waiter at a time: the request itself.
    private func wait(until isReady: @Sendable (inout State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isReadyNow = state.withLock { state in
                if isReady(&state) { return true }
                state.waiting = continuation
                return false
            }
            if isReadyNow { continuation.resume() }
        }
    }
}
