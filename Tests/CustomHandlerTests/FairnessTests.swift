import EventLoop
import Foundation
import Glibc
import HTTP
import Log
import LoopTesting
import TestSupport
import Testing

@testable import CustomHandler

/// What the loop sees to while code runs that takes long.
@Suite(.serialized) struct FairnessTests {
    private static let count = 100

    /// 100 callers in one poll; their code takes several slices. Some of it sleeps first and then wakes together.
    @Test func `at most one slice is preempted between two polls`() async throws {
        var files: [String: String] = [:]
        for number in 0..<Self.count {
            let isSleepy = number % 4 == 0
            files["f\(number)/function.json"] = TemporaryApp.queueFunction
            files["f\(number)/handler.lua"] =
                "return function() \(isSleepy ? "require('task').sleep(0.01) " : "")for i = 1, 5000000 do end end"
        }
        let folder = try TemporaryApp(files)
        let app = try AppLoader(.folder(folder.folder.path), settings: [:]).load()
        let counts = try await onThread { try Self.drive(app) }
        #expect(counts.most == 1)
        #expect(counts.all >= Self.count, "each code has had a slice")
        #expect(counts.answers == Self.count)
    }

    private struct Counts {
        /// Slices that were preempted, and the most in one turn of the loop.
        var all = 0
        var most = 0
        var answers = 0
    }

    /// Turns the loop by hand until all callers have an answer.
    private static func drive(_ app: FunctionApp) throws -> Counts {
        let loop = EventLoop()
        loop.bind()
        // Else a poll with nothing left to wait for would never return.
        let clock = Timer(loop)
        clock.fired = { [unowned clock] in clock.start(after: .milliseconds(5)) }
        clock.start(after: .zero)
        defer { clock.close() }
        let workers = WorkerGroup(loop: loop)
        workers.adopt(app, options: InvocationOptions(logger: .silent))
        let worker = workers.worker(on: loop)
        var isLoaded = false
        worker.load(app.names) { failures in isLoaded = failures.isEmpty }
        for _ in 0..<100_000 where !isLoaded { _ = loop.step() }
        try #require(isLoaded)

        var counts = Counts()
        var turn: UInt64?
        var inTurn = 0
        worker.scheduler?.preempted = {
            inTurn = turn == loop.turn ? inTurn + 1 : 1
            turn = loop.turn
            counts.all += 1
            counts.most = max(counts.most, inTurn)
        }
        var clients: [Int32] = []
        var connections: [HTTPConnection] = []
        for name in app.names {
            let pair = try ConnectedPair.descriptors()
            clients.append(pair.client)
            connections.append(
                HTTPConnection(
                    over: try TCPStream(loop, descriptor: pair.server), loop, settings: .init(), responder: worker))
            let body = #"{"Data":{"msg":"\"x\""},"Metadata":{}}"#
            let request = "POST /\(name) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            try #require(write(pair.client, request, request.utf8.count) == request.utf8.count)
        }
        for _ in 0..<1_000_000 where counts.answers < Self.count {
            _ = loop.step()
            clients.removeAll { client in
                var byte: UInt8 = 0
                guard recv(client, &byte, 1, Int32(MSG_DONTWAIT)) == 1 else { return false }
                counts.answers += 1
                close(client)
                return true
            }
        }
        withExtendedLifetime(connections) {}
        return counts
    }
}

/// Runs `body` on a thread of its own.
private func onThread<Success: Sendable>(_ body: @escaping @Sendable () throws -> Success) async throws -> Success {
    try await withCheckedThrowingContinuation { continuation in
        do {
            try Thread.start(named: "by hand") { continuation.resume(with: Result { try body() }) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}
