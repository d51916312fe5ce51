import Glibc
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

    private let settings: Settings
    /// The one that took the first connection and, once `takeAll` was called, the one that takes all others.
    let listeners: [Listener]

    private struct Settings {
        let workers: WorkerGroup
        let bodyLimit: Int
        let patience: TimeAmount
    }

    /// A socket that is listened on, and what ends its connections.
    struct Listener {
        let channel: any Channel
        let quiescing: ServerQuiescingHelper
    }

    /// Connections that wait to be taken, at most.
    private static let backlog: CInt = 1024

    /// The port listened on: the one asked for, or the free one found for port 0.
    public var port: Int { listeners[0].channel.localAddress?.port ?? 0 }

    public var address: String { listeners[0].channel.localAddress?.ipAddress ?? "" }

    /// Begins to listen: who connects waits for the app. The future fails where the address cannot be bound.
    ///
    /// The first connection, or a few that come at once, is taken; the next ones wait for `takeAll`.
    ///
    /// - Parameters:
    ///   - bodyLimit: bytes a request body may have.
    ///   - patience: how long a request's head may take, and how long its body may pause, before it gets 408.
    public static func open(
        on address: String, port: Int, workers: WorkerGroup, bodyLimit: Int, patience: TimeAmount = .seconds(30)
    ) -> EventLoopFuture<HTTPServer> {
        let settings = Settings(workers: workers, bodyLimit: bodyLimit, patience: patience)
        let eventLoop = workers.first.eventLoop
        let socket: SocketAddress
        do {
            socket = try resolve(address, port)
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
        return listen(settings, for: eventLoop, takesFirst: true) {
            // A handler that was killed is started again on the same port at once (host-contract §4.2).
            $0.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.backlog, value: backlog).bind(to: socket)
        }.map { HTTPServer(settings: settings, listeners: [$0]) }
    }

    /// Takes every connection from now on: on the event loop that is there, or by turns on as many new ones, each with a
    /// worker and a thread of its own. Called once.
    ///
    /// Not in `open`: a thread takes a tenth of a millisecond to start, and a machine may have many cores.
    public func takeAll(threads: Int) async throws -> HTTPServer {
        let first = listeners[0].channel
        let eventLoops: any EventLoopGroup =
            threads > 1 ? settings.workers.add(threads) : settings.workers.first.eventLoop
        let listener = try await first.eventLoop.flatSubmit { [settings] in
            first.eventLoop.makeCompletedFuture {
                // For those who connect, the two sockets are one.
                let socket = try Self.descriptor(of: first).duplicate()
                // NIO does not expect that another channel takes a connection away.
                try Self.pause(first)
                return socket
            }.flatMap { (socket: SystemPackage.FileDescriptor) in
                Self.listen(settings, for: eventLoops, takesFirst: false) { $0.withBoundSocket(socket.rawValue) }
            }.flatMapThrowing { listener in
                // For a socket that is bound already, NIO makes it fewer.
                guard Glibc.listen(try Self.descriptor(of: listener.channel).rawValue, Self.backlog) == 0 else {
                    throw Errno(rawValue: errno)
                }
                return listener
            }
        }.get()
        return HTTPServer(settings: settings, listeners: listeners + [listener])
    }

    /// - Parameter takesFirst: no more than the first connection, or a few that come at once. A host keeps its
    ///   connections, and with many on one event loop the others would have nothing to do.
    private static func listen(
        _ settings: Settings, for eventLoops: any EventLoopGroup, takesFirst: Bool,
        _ open: (ServerBootstrap) -> EventLoopFuture<any Channel>
    ) -> EventLoopFuture<Listener> {
        let eventLoop = settings.workers.first.eventLoop
        let quiescing = ServerQuiescingHelper(group: eventLoop)
        let bootstrap = ServerBootstrap(group: eventLoop, childGroup: eventLoops)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A client that has sent all it will send still wants the answer.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if takesFirst, let listener = channel.parent { try pause(listener) }
                    let connection = HTTPConnection(
                        worker: settings.workers.worker(of: channel.eventLoop), bodyLimit: settings.bodyLimit,
                        patience: settings.patience)
                    let pipeline = channel.pipeline.syncOperations
                    // One by one: `configureHTTPServerPipeline` casts a whole array, which costs the first connection more.
                    // No validator of headers: `ResponseReader` and `SetCookie` let nothing through that it could find.
                    try pipeline.addHandler(HTTPResponseEncoder())
                    try pipeline.addHandler(RequestParser(connection))
                    try pipeline.addHandler(HTTPServerPipelineHandler())
                    try pipeline.addHandler(connection)
                }
            }
        return open(bootstrap).map { Listener(channel: $0, quiescing: quiescing) }
    }

    private static func pause(_ listener: any Channel) throws {
        guard let options = listener.syncOptions else { throw ChannelError.operationUnsupported }
        try options.setOption(.autoRead, value: false)
    }

    private static func descriptor(of channel: any Channel) throws -> SystemPackage.FileDescriptor {
        let descriptor = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) {
            SystemPackage.FileDescriptor(rawValue: $0)
        }
        guard let descriptor else { throw ChannelError.operationUnsupported }
        return descriptor
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
        let eventLoop = settings.workers.first.eventLoop
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
        await settings.workers.shutdown()
    }
}

private struct ShutdownLimitReached: Error {}
