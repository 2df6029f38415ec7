import Engine
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import UsageModel

/// The log's records to one subscriber, one JSON object a line, as they become durable.
///
/// Records are read from the log at the subscriber's pace, so one that is behind costs nothing but
/// its connection; one that takes nothing at all for a while is dropped with a notice. One that wants few kinds
/// sleeps until a block holds some.
struct RecordStream {
    let engine: Engine
    let kinds: RecordKinds
    let channel: any Channel
    let peer: Peer
    let limits: ServerLimits
    let logger: Logger

    /// Some 64 KiB of JSON at a time.
    private static let recordsPerPiece = 256
    /// An empty line after so much silence: it finds subscribers that have vanished, and NDJSON readers
    /// skip it.
    private static let keepAlive = Duration.seconds(15)

    func run(from first: UInt64, to writer: inout any ResponseBodyWriter) async throws {
        try await withGracefulShutdownHandler {
            try await send(from: first, to: &writer)
        } onGracefulShutdown: { [channel, limits] in
            // One that takes nothing must not hold up the stop.
            channel.eventLoop.scheduleTask(in: .seconds(Int64(limits.drainSeconds))) { channel.close(promise: nil) }
        }
    }

    private func send(from first: UInt64, to writer: inout any ResponseBodyWriter) async throws {
        var next = first
        var lastWrite = ContinuousClock.now
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let page: RecordsPage
            do throws(QuestionError) {
                page = try await engine.records(of: kinds, from: next, limit: Self.recordsPerPiece)
            } catch {
                return try await end(&writer, next: next, reason: error.detail)
            }
            var piece = Self.lines(page.records)
            next = max(next, page.next)
            if page.records.isEmpty {
                next = await wait(from: next)
                guard lastWrite.duration(to: .now) >= Self.keepAlive else { continue }
                piece.writeString("\n")
            }
            try await write(piece, to: &writer, next: next)
            lastWrite = .now
        }
        try await end(&writer, next: next, reason: "the daemon stops")
    }

    private static func lines(_ records: [JSON]) -> ByteBuffer {
        var bytes: [UInt8] = []
        for record in records {
            record.write(to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        return ByteBuffer(bytes: bytes)
    }

    /// Says where to go on, and ends the stream.
    private func end(_ writer: inout any ResponseBodyWriter, next: UInt64, reason: String) async throws {
        try await write(ByteBuffer(bytes: Self.notice(reason: reason, next: next)), to: &writer, next: next)
        let last = writer
        try await last.finish(nil)
    }

    private static func notice(reason: String, next: UInt64) -> [UInt8] {
        let notice: JSON = ["notice": .string(reason), "next": .int(next)]
        return notice.utf8 + [UInt8(ascii: "\n")]
    }

    /// Waits until there is more, for a while, or until the daemon stops; returns where to go on.
    private func wait(from next: UInt64) async -> UInt64 {
        await withTaskGroup(of: UInt64.self) { group in
            group.addTask { await engine.waitForRecords(of: kinds, beyond: next - 1) }
            group.addTask {
                try? await Task.sleep(for: Self.keepAlive)
                return next
            }
            group.addTask {
                try? await gracefulShutdown()
                return next
            }
            defer { group.cancelAll() }
            return await group.next() ?? next
        }
    }

    /// Writes `buffer`, and drops the subscriber when it does not take it in time.
    private func write(_ buffer: ByteBuffer, to writer: inout any ResponseBodyWriter, next: UInt64) async throws {
        let (channel, peer, logger, seconds) = (channel, peer, logger, limits.subscriberStallSeconds)
        let timer = channel.eventLoop.scheduleTask(in: .seconds(Int64(seconds))) {
            logger.warning("subscriber dropped", metadata: ["peer": "\(peer.name)", "next": "\(next)"])
            let reason = "dropped: nothing was read for \(seconds) s (limits.subscriber_stall)"
            LastWords.say(Self.notice(reason: reason, next: next), on: channel)
        }
        defer { timer.cancel() }
        try await writer.write(buffer)
    }
}

/// Ends a chunked response below HTTP's encoder. The response's own writer is suspended behind bytes
/// that the client does not take, so nothing can be said through it.
private final class LastWords: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long the client has to take them.
    private static let patience = TimeAmount.seconds(10)

    private let chunk: ByteBuffer

    private init(chunk: ByteBuffer) { self.chunk = chunk }

    /// On the channel's event loop.
    static func say(_ words: [UInt8], on channel: any Channel) {
        // RFC 9112, section 7.1: a chunk's size in hexadecimal, its bytes, and a chunk of size 0 at the end.
        var chunk = ByteBuffer(string: String(words.count, radix: 16) + "\r\n")
        chunk.writeBytes(words)
        chunk.writeString("\r\n0\r\n\r\n")
        do {
            try channel.pipeline.syncOperations.addHandler(LastWords(chunk: chunk), position: .first)
        } catch {
            channel.close(promise: nil)
            return
        }
        let timer = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in timer.cancel() }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(chunk), promise: nil)
        context.close(mode: .output, promise: nil)
    }
}
