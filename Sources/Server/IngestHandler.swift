import Engine
import Logging
import NIOCore
import WireFormat

/// One sender's connection: bytes in, decoded batches to the engine, replies out.
///
/// Reads are asked for one by one. There is none outstanding while the engine has no free batch
/// (that is the backpressure) or while the client owes reads of its answers; the kernel's socket
/// buffers then fill and the sender waits.
///
/// Lives on its channel's event loop. It outlives the channel: what was read before the sender
/// vanished is still handed over as batches become free.
final class IngestHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Sent down the pipeline when the daemon stops: take no more, settle what was taken, say so, close.
    struct Drain: Sendable {}

    /// After so much silence a string still open is given up.
    static let openStringSilence = TimeAmount.milliseconds(200)
    /// How long replies that a finished client does not take are kept for it.
    static let lingering = TimeAmount.seconds(30)
    /// One write's worth: NIO's default high-water mark for a channel's unsent bytes.
    private static let writeBytes = 64 << 10

    private let engine: Engine
    private let peer: Peer
    private let logger: Logger
    private let connections: IngestConnections
    private let channel: any Channel
    private var feed: LineFeed
    private var replies: ReplyQueue
    private var session: Session?
    private var context: ChannelHandlerContext?

    /// A read was asked for and has not come back.
    private var isReading = false
    private var isWaitingForBatch = false
    /// The sender has closed its side.
    private var isAtEnd = false
    private var isDraining = false
    /// The session's last batch was submitted.
    private var isSubmitted = false
    /// The session's last batch is settled.
    private var isFinished = false
    private var isClosing = false
    private var acked: UInt64 = 0
    private var lastReceived = NIODeadline.uptimeNanoseconds(0)
    private var isSilenceWatched = false

    /// `connections` has admitted `channel`.
    init(
        engine: Engine, peer: Peer, configuration: IngestConfiguration, connections: IngestConnections,
        channel: any Channel, logger: Logger
    ) {
        self.engine = engine
        self.peer = peer
        self.logger = logger
        self.connections = connections
        self.channel = channel
        feed = LineFeed(limits: configuration.decoderLimits, precision: configuration.precision)
        replies = ReplyQueue(limitBytes: configuration.limits.repliesKeptBytes, budget: connections.budget)
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        session = engine.openSession(peer: peer, sink: IngestSink(self, on: context.eventLoop))
        read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isSubmitted else { return }
        lastReceived = .now()
        feed.receive(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        decode()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            isAtEnd = true
            decode()
        case is Drain:
            isDraining = true
            if !isSubmitted { replies.add(Reply.busy(reason: "draining")) }
            decode()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        read()
        write()
    }

    /// NIO closes the channel after an error that it cannot survive; what was read stays valid.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("ingest connection failed", metadata: ["peer": "\(peer.name)", "reason": "\(error)"])
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        isAtEnd = true
        decode()
    }

    /// Also for a channel that never became active.
    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        if session == nil { connections.forget(channel) }
    }
}

// MARK: - Lines in

extension IngestHandler {
    /// Hands over what can be decoded, and asks for more where there may be more.
    private func decode(givingUpOpenString: Bool = false) {
        guard let session, !isSubmitted, !isWaitingForBatch else { return }
        var givingUp = givingUpOpenString
        while givingUp || feed.isDecodable(atEnd: isAtEnd && !isDraining) {
            guard var batch = take(from: session) else { return }
            // A line that a stop cuts off must not be taken for a whole one: its sender will send it again.
            feed.decode(into: &batch, atEnd: isAtEnd && !isDraining, givingUpOpenString: givingUp)
            givingUp = false
            if batch.lines.isEmpty {
                session.returnBatch(batch)
                break
            }
            session.submit(consume batch, last: false)
        }
        if isAtEnd || isDraining {
            guard let batch = take(from: session) else { return }
            isSubmitted = true
            session.submit(consume batch, last: true)
            write()
        } else {
            watchSilence()
            read()
        }
    }

    private func take(from session: Session) -> LineBatch? {
        let batch = session.takeBatch()
        isWaitingForBatch = batch == nil
        return batch
    }

    fileprivate func batchAvailable() {
        isWaitingForBatch = false
        decode()
    }

    private func read() {
        guard let context, !isReading, !isWaitingForBatch, !isAtEnd, !isDraining else { return }
        // A client that asks and does not listen must listen first.
        guard !replies.isClogged || context.channel.isWritable else { return }
        isReading = true
        context.read()
        write()
    }

    /// One timer at most: it looks again when something came in meanwhile.
    private func watchSilence() {
        guard let context, feed.isInOpenString, !isSilenceWatched else { return }
        isSilenceWatched = true
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(deadline: lastReceived + Self.openStringSilence) {
            handler.value.silenceElapsed()
        }
    }

    private func silenceElapsed() {
        isSilenceWatched = false
        guard feed.isInOpenString else { return }
        if NIODeadline.now() - lastReceived >= Self.openStringSilence {
            decode(givingUpOpenString: true)
        } else {
            watchSilence()
        }
    }
}

// MARK: - Replies out

extension IngestHandler {
    fileprivate func deliver(_ new: SessionReplies) {
        replies.add(new, isNewAck: new.acked > acked)
        acked = new.acked
        if new.finished {
            isFinished = true
            session = nil
            if context == nil { connections.forget(channel) }
            closeAfterLingering()
        }
        write()
        read()
    }

    /// Writes what the client has room for.
    ///
    /// Only while a read is outstanding, or after the sender's end: a client may close without
    /// reading its acks, the write then fails, and NIO closes the channel; but before that it reads
    /// what the kernel still holds *if a read is pending* (`BaseSocketChannel.flushNow`). Writing at
    /// other times would lose those lines.
    private func write() {
        guard let context, isReading || isAtEnd || isDraining else { return }
        while context.channel.isWritable, let piece = replies.next(byteCount: Self.writeBytes) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: piece)), promise: nil)
            // The flush may have found the client gone, and re-entered this handler.
            guard self.context != nil else { return }
        }
        if isFinished, replies.isEmpty { closeWhenWritten(context) }
    }

    private func closeWhenWritten(_ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        isClosing = true
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            handler.value.context?.close(promise: nil)
        }
    }

    private func closeAfterLingering() {
        guard let context else { return }
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let timer = context.eventLoop.scheduleTask(in: Self.lingering) { handler.value.context?.close(promise: nil) }
        context.channel.closeFuture.whenComplete { _ in timer.cancel() }
    }
}

/// Carries the engine's calls to the connection's event loop.
private final class IngestSink: SessionSink {
    private let handler: NIOLoopBound<IngestHandler>
    private let eventLoop: any EventLoop

    init(_ handler: IngestHandler, on eventLoop: any EventLoop) {
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
        self.eventLoop = eventLoop
    }

    func deliver(_ replies: SessionReplies) {
        eventLoop.execute { [handler] in handler.value.deliver(replies) }
    }

    func batchAvailable() {
        eventLoop.execute { [handler] in handler.value.batchAvailable() }
    }
}
