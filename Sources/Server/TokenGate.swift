import Engine
import NIOCore
import WireFormat

/// Stands before a TCP sender's lines: the first of them must be `#!token TOKEN`, of a token that may change something.
///
/// A comment of line protocol, so that a sender that is told to send it everywhere is understood on a Unix socket too.
/// Takes itself out of the way when the token is known; says why and closes when it is not.
final class TokenGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let beginning = Array("#!token ".utf8)
    /// Longer than any token that a person would make.
    private static let greatestLineBytes = 1_024
    /// Whoever has a token sends it at once; who has none must not hold a connection.
    private static let patience = TimeAmount.seconds(10)

    private let tokens: AccessTokens
    private var received = ByteBuffer()
    private var deadline: Scheduled<Void>?
    private var isDecided = false

    init(tokens: AccessTokens) { self.tokens = tokens }

    func channelActive(context: ChannelHandlerContext) {
        let gate = NIOLoopBound(self, eventLoop: context.eventLoop)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: Self.patience) {
            if !gate.value.isDecided { gate.value.refuse(bound.value) }
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        received.writeBuffer(&buffer)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard !isDecided else { return }
        let bytes = received.readableBytesView
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
            // More of the line; the handler behind still waits for its read.
            return bytes.count < Self.greatestLineBytes ? context.read() : refuse(context)
        }
        let line = bytes[..<end]
        guard line.starts(with: Self.beginning),
            let holder = tokens.holder(of: line.dropFirst(Self.beginning.count).filter { $0 != UInt8(ascii: "\r") }),
            holder.right == .change
        else { return refuse(context) }
        isDecided = true
        deadline?.cancel()
        received.moveReaderIndex(forwardBy: line.count + 1)
        context.fireChannelRead(wrapInboundOut(received))
        context.fireChannelReadComplete()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func refuse(_ context: ChannelHandlerContext) {
        isDecided = true
        deadline?.cancel()
        var bytes: [UInt8] = []
        Reply.error(
            code: RequestRefusal.unauthorized.code, line: 0,
            detail:
                "the first line over TCP must be `#!token TOKEN`, with a token that has the right `change` (http.tokens)"
        ).write(to: &bytes)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes))).whenComplete { _ in
            channel.close(promise: nil)
        }
    }
}
