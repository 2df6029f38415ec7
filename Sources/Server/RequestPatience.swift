import NIOCore
import NIOHTTPTypes

/// Stands in each HTTP connection: says whose turn it is, and ends a request whose body does not come.
final class RequestPatience: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart

    private let connections: HTTPConnections
    private var isOpen = false
    private var end: Scheduled<Void>?

    /// The longest body in two minutes is 0.5 MiB a second.
    private static let bodyTime = TimeAmount.minutes(2)

    private static let receiving = AdaptiveRecvByteBufferAllocator(
        minimum: 2_048, initial: 8_192, maximum: receiveBufferBytes)

    init(connections: HTTPConnections) { self.connections = connections }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { opened(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        opened(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end?.cancel()
        if isOpen { connections.closed(context.channel) }
        isOpen = false
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            connections.waits(context.channel)
            end?.cancel()
            end = context.eventLoop.scheduleTask(in: Self.bodyTime) { [channel = context.channel] in
                channel.close(promise: nil)
            }
        case .body: break
        case .end:
            end?.cancel()
            end = nil
            connections.answers(context.channel)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // A connection that was closed within a request is still answered by its task, into the void.
        if isOpen, case .end = unwrapOutboundIn(data) { connections.waits(context.channel) }
        context.write(data, promise: promise)
    }

    /// At a stop, a request that is not here yet would hold it up for as long as its client likes: it is cut off, and
    /// was promised nothing. Those that are here are answered.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent, end != nil { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    private func opened(_ context: ChannelHandlerContext) {
        guard !isOpen else { return }
        isOpen = true
        // A batch in a few large reads instead of many small ones: each is a hop from this loop to the request's task.
        try? context.channel.syncOptions?.setOption(.recvAllocator, value: Self.receiving)
        connections.opened(context.channel)
    }
}
