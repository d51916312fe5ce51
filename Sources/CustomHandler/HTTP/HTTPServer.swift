public import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
public import ServiceLifecycle
import SystemPackage

/// Listens for the Functions host, and hands each connection to the worker of its event loop.
public struct HTTPServer: Service {
    /// How long invocations that run at shutdown may go on.
    static let shutdownLimit = TimeAmount.seconds(10)

    private let listeners: [Listener]
    private let workers: WorkerGroup
    private let bodyLimit: Int
    private let patience: TimeAmount

    /// A socket that is listened on, and what ends its connections.
    private struct Listener {
        let channel: any Channel
        let quiescing: ServerQuiescingHelper
    }

    /// The port listened on: the one asked for, or the free one found for port 0.
    public var port: Int { listeners[0].channel.localAddress?.port ?? 0 }

    public var address: String { listeners[0].channel.localAddress?.ipAddress ?? "" }

    /// Begins to listen: who connects waits for the app. The future fails where the address cannot be bound.
    ///
    /// The first worker takes all connections until there are others (`addWorkers`).
    ///
    /// - Parameters:
    ///   - bodyLimit: bytes a request body may have.
    ///   - patience: how long a request's head may take, and how long its body may pause, before it gets 408.
    public static func open(
        on address: String, port: Int, workers: WorkerGroup, bodyLimit: Int, patience: TimeAmount = .seconds(30)
    ) -> EventLoopFuture<HTTPServer> {
        let eventLoop = workers.first.eventLoop
        let server = HTTPServer(listeners: [], workers: workers, bodyLimit: bodyLimit, patience: patience)
        let socket: SocketAddress
        do {
            socket = try resolve(address, port)
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
        return server.listening(for: eventLoop) { $0.bind(to: socket) }
    }

    /// Gives the connections that come from now on to more workers, by turns, each with a thread of its own. Once.
    ///
    /// Not in `open`: a thread takes a tenth of a millisecond to start, and a machine may have many cores.
    public func addWorkers(_ count: Int) async throws -> HTTPServer {
        let channel = listeners[0].channel
        let eventLoops = workers.add(count)
        return try await channel.eventLoop.flatSubmit {
            channel.eventLoop.makeCompletedFuture {
                // Not beside each other: NIO does not expect that another channel takes a connection away. For those who
                // connect, the two sockets are one, and who comes meanwhile waits there.
                try channel.syncOptions?.setOption(.autoRead, value: false)
                return try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) {
                    try FileDescriptor(rawValue: $0).duplicate().rawValue
                }
            }.flatMap { (socket: CInt?) in
                guard let socket else { return channel.eventLoop.makeSucceededFuture(self) }
                return listening(for: eventLoops) { $0.withBoundSocket(socket) }
            }
        }.get()
    }

    /// The same server with one more listener, whose connections are served on these event loops.
    private func listening(
        for eventLoops: any EventLoopGroup, _ listen: (ServerBootstrap) -> EventLoopFuture<any Channel>
    ) -> EventLoopFuture<HTTPServer> {
        let quiescing = ServerQuiescingHelper(group: workers.first.eventLoop)
        let bootstrap = ServerBootstrap(group: workers.first.eventLoop, childGroup: eventLoops)
            .serverChannelOption(.backlog, value: 1024)
            // A handler that was killed is started again on the same port at once (host-contract §4.2).
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A client that has sent all it will send still wants the answer.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { [workers, bodyLimit, patience] channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = HTTPConnection(
                        worker: workers.worker(of: channel.eventLoop), bodyLimit: bodyLimit, patience: patience)
                    let pipeline = channel.pipeline.syncOperations
                    // One by one: `configureHTTPServerPipeline` casts a whole array, which costs the first connection more.
                    // No validator of headers: `ResponseReader` and `SetCookie` let nothing through that it could find.
                    try pipeline.addHandler(HTTPResponseEncoder())
                    try pipeline.addHandler(RequestParser(connection))
                    try pipeline.addHandler(HTTPServerPipelineHandler())
                    try pipeline.addHandler(connection)
                }
            }
        return listen(bootstrap).map { [self] channel in
            HTTPServer(
                listeners: listeners + [Listener(channel: channel, quiescing: quiescing)], workers: workers,
                bodyLimit: bodyLimit, patience: patience)
        }
    }

    /// Only a name needs the resolver, which opens sockets of its own even for an address.
    private static func resolve(_ address: String, _ port: Int) throws -> SocketAddress {
        do {
            return try SocketAddress(ipAddress: address, port: port)
        } catch SocketAddressError.failedToParseIPString {
            return try SocketAddress.makeAddressResolvingHost(address, port: port)
        }
    }

    /// Serves until a graceful shutdown; then accepts nothing more, and waits for the invocations that run, but not for
    /// ever.
    public func run() async throws {
        let eventLoop = workers.first.eventLoop
        let drained = listeners.map { _ in eventLoop.makePromise(of: Void.self) }
        await withGracefulShutdownHandler {
            // All ends of the wait are the same to the caller: what could be finished is finished.
            _ = try? await EventLoopFuture.whenAllComplete(drained.map(\.futureResult), on: eventLoop).get()
        } onGracefulShutdown: {
            eventLoop.scheduleTask(in: Self.shutdownLimit) {
                for promise in drained { promise.fail(ShutdownLimitReached()) }
            }
            for (listener, promise) in zip(listeners, drained) { listener.quiescing.initiateShutdown(promise: promise) }
        }
        await workers.shutdown()
    }
}

private struct ShutdownLimitReached: Error {}
