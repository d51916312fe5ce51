public import NIOCore
import NIOExtras
import NIOHTTP1
import NIOPosix
public import ServiceLifecycle

/// Listens for the Functions host, and hands each connection to the worker of its event loop.
public struct HTTPServer: Service {
    /// How long invocations that run at shutdown may go on.
    static let shutdownLimit = TimeAmount.seconds(10)

    private let channel: any Channel
    private let quiescing: ServerQuiescingHelper
    private let workers: WorkerGroup

    /// The port listened on: the one asked for, or the free one found for port 0.
    public var port: Int { channel.localAddress?.port ?? 0 }

    public var address: String { channel.localAddress?.ipAddress ?? "" }

    /// Begins to listen, so that the app can be loaded meanwhile. The future fails where the address cannot be bound.
    ///
    /// - Parameters:
    ///   - bodyLimit: bytes a request body may have.
    ///   - patience: how long a request's head may take, and how long its body may pause, before it gets 408.
    public static func open(
        on address: String, port: Int, workers: WorkerGroup, bodyLimit: Int, patience: TimeAmount = .seconds(30)
    ) -> EventLoopFuture<HTTPServer> {
        let quiescing = ServerQuiescingHelper(group: workers.eventLoops)
        let socket: SocketAddress
        do {
            socket = try resolve(address, port)
        } catch {
            return workers.eventLoops.any().makeFailedFuture(error)
        }
        // The group gives out its loops by turns. So the first connection, which has nothing to share with others, is
        // served where it is accepted: no thread has to be woken for it.
        let loop = workers.eventLoops.next()
        for _ in 1..<workers.workers.count { _ = workers.eventLoops.next() }
        return ServerBootstrap(group: loop, childGroup: workers.eventLoops)
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
            .childChannelInitializer { channel in
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
            .bind(to: socket)
            .map { HTTPServer(channel: $0, quiescing: quiescing, workers: workers) }
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
        let drained = channel.eventLoop.makePromise(of: Void.self)
        await withGracefulShutdownHandler {
            // Both ends of the wait are the same to the caller: what could be finished is finished.
            _ = try? await drained.futureResult.get()
        } onGracefulShutdown: {
            channel.eventLoop.scheduleTask(in: Self.shutdownLimit) { drained.fail(ShutdownLimitReached()) }
            quiescing.initiateShutdown(promise: drained)
        }
        await workers.shutdown()
    }
}

private struct ShutdownLimitReached: Error {}
