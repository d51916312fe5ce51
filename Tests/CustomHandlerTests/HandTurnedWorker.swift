import EventLoop
import FunctionsModel
import Glibc
import HTTP
import HTTP1
import Log
import LoopTesting
import TestSupport
import Testing

@testable import CustomHandler

/// A worker on a loop that the test runs turn by turn, on the thread that made it. It counts what ends a turn:
/// preempted slices, and pieces of luafunc's own work that take as long.
final class HandTurnedWorker {
    let loop = EventLoop()
    let worker: Worker
    private let workers: WorkerGroup
    private let clock: Timer
    private var connections: [(stream: TCPStream, connection: HTTPConnection)] = []
    /// The number of ends of turns, and the maximum in one turn of the loop.
    private(set) var ends = 0
    private(set) var most = 0
    private var turn: UInt64?
    private var inTurn = 0

    init(_ app: FunctionApp) throws {
        loop.bind()
        clock = Timer(loop)
        workers = WorkerGroup(loop: loop)
        workers.install(app, options: InvocationOptions(logger: .silent))
        worker = workers.worker(on: loop)
        // Without this timer, a poll with nothing left to wait for would never return.
        clock.fired = { [unowned clock] in clock.start(after: .milliseconds(5)) }
        clock.start(after: .zero)
        var isLoaded = false
        worker.load(app.names, limit: nil) { failures in isLoaded = failures.isEmpty }
        try turn { isLoaded }
        worker.scheduler?.queue.preempted = { [unowned self] in
            inTurn = turn == loop.turn ? inTurn + 1 : 1
            turn = loop.turn
            ends += 1
            most = max(most, inTurn)
        }
    }

    deinit {
        clock.close()
        worker.close()
        loop[resident: workers] = nil
        for (stream, _) in connections { stream.close() }
        // Connections that are closing need a few more polls. Timers for time limits may stay open for minutes.
        for _ in 0..<100 where !loop.openHandles.isEmpty { _ = loop.step(waits: false) }
        if loop.openHandles.isEmpty { loop.close() }
    }

    /// Turns the loop until the condition holds. Returns the number of turns.
    @discardableResult
    func turn(until isOver: () -> Bool) throws -> Int {
        for turns in 0..<1_000_000 {
            if isOver() { return turns }
            _ = loop.step()
        }
        throw TurnError.endless
    }

    private enum TurnError: Error { case endless }

    /// Brings an invocation to the worker in the next poll, as a connection does.
    ///
    /// - Parameter message: the JSON of the message that triggers it.
    func invoke(_ name: String, message: String = "0") throws -> Invoked {
        let request = try HTTPRequest(
            method: .post, target: "/\(name)", body: Array(#"{"Data":{"msg":\#(message)},"Metadata":{}}"#.utf8))
        let invoked = Invoked()
        let arrival = Timer(loop)
        arrival.fired = { [unowned self] in
            arrival.close()
            invoked.begin = ends
            worker.answer(
                request,
                to: TestCaller { [unowned self] in
                    invoked.reply = $0
                    invoked.end = ends
                })
        }
        arrival.start(after: .zero)
        return invoked
    }

    final class Invoked {
        fileprivate(set) var reply: Reply?
        fileprivate var begin = 0
        fileprivate var end = 0
        /// The number of slices that ended between the call and its response.
        var slices: Int { end - begin }
    }

    /// Sends an invocation payload over a new connection. Returns the caller's end.
    func invoke(overConnection name: String) throws -> Caller {
        let pair = try ConnectedPair.descriptors()
        let stream = try TCPStream(loop, descriptor: pair.server)
        connections.append((stream, HTTPConnection(over: stream, loop, settings: .init(), responder: worker)))
        let body = #"{"Data":{"msg":"\"x\""},"Metadata":{}}"#
        let request = "POST /\(name) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        try #require(write(pair.client, request, request.utf8.count) == request.utf8.count)
        return Caller(pair.client)
    }

    /// A caller that waits for an answer.
    final class Caller {
        private let descriptor: Int32
        private(set) var text = ""

        fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }

        /// Whether a response has begun to arrive.
        var isAnswered: Bool {
            if !text.isEmpty { return true }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            if count > 0 { text = String(decoding: bytes.prefix(count), as: UTF8.self) }
            return count > 0
        }
    }

    /// Runs `body` on a new thread, because a worker never leaves the thread that made it.
    static func onThread<Success: Sendable>(
        _ body: @escaping @Sendable () throws -> Success
    ) async throws -> Success {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try Thread.start(named: "by hand") { continuation.resume(with: Result { try body() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
