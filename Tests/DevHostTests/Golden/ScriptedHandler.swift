import Foundation
import Glibc
import Synchronization
import TestSupport

/// A handler that answers with prepared bytes, whether or not they are HTTP, and keeps what it received.
final class ScriptedHandler: Sendable {
    enum Answer: Sendable {
        case bytes([UInt8])
        /// Ends the connection without an answer.
        case close
        /// Waits for `answerHeld`.
        case hold
    }

    private struct State {
        var answers: [Answer] = []
        var received: [[UInt8]] = []
        var connections: Set<Int32> = []
        /// The connections whose requests wait for an answer.
        var held: [Int32] = []
        var heldWaits: [CheckedContinuation<Void, Never>] = []
        var waits: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let port: Int
    private let descriptor: Int32
    private let state = Mutex(State())
    private let probe: Answer

    /// The answer to each request for which none is prepared.
    static let standard = Answer.bytes(
        Array(
            ("HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 48\r\n\r\n"
                + #"{"Outputs": {}, "Logs": [], "ReturnValue": null}"#).utf8))

    /// - Parameter probe: the answer to the host's readiness probe.
    init(
        probe: Answer = .bytes(Array("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".utf8))
    ) throws {
        self.probe = probe
        (descriptor, port) = try RawConnection.listeningDescriptor()
        RawConnection.serve(descriptor) { [self] in converse($0) }
    }

    /// Ends the server and its connections, as when the process ends.
    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        state.withLock { for connection in $0.connections { shutdown(connection, Int32(SHUT_RDWR)) } }
    }

    /// Prepares the answers to the next requests, and forgets what it received.
    func prepare(_ answers: [Answer]) {
        state.withLock {
            $0.answers = answers
            $0.received = []
        }
    }

    /// Waits until a request is held, and answers all of them; nil ends their connections, as when the process ends.
    func answerHeld(_ bytes: [UInt8]?) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.held.isEmpty { state.heldWaits.append(continuation) }
                return !state.held.isEmpty
            }
            if isThere { continuation.resume() }
        }
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        for connection in held {
            if let bytes {
                Self.send(bytes, to: connection)
            } else {
                shutdown(connection, Int32(SHUT_RDWR))
            }
        }
    }

    /// What it received since `prepare`, without the host's readiness probes.
    var received: [[UInt8]] { state.withLock { $0.received } }

    /// Waits until it has received this many requests since `prepare`, which must happen.
    func received(_ count: Int) async -> [[UInt8]] {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                guard state.received.count < count else { return true }
                state.waits.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
        return received
    }

    private func take(_ request: [UInt8]) -> Answer {
        let (answer, met) = state.withLock { state in
            state.received.append(request)
            let met = state.waits.filter { $0.count <= state.received.count }
            state.waits.removeAll { $0.count <= state.received.count }
            return (state.answers.isEmpty ? Self.standard : state.answers.removeFirst(), met)
        }
        for wait in met { wait.continuation.resume() }
        return answer
    }

    private func converse(_ connection: Int32) {
        state.withLock { _ = $0.connections.insert(connection) }
        defer {
            state.withLock { _ = $0.connections.remove(connection) }
            close(connection)
        }
        var request: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return }
            request += chunk.prefix(count)
            guard let message = RawMessage(request) else { continue }
            let answer: Answer =
                message.startLine.hasPrefix("GET / ") ? probe : take(request)
            request = []
            if case .hold = answer {
                let waits = state.withLock { state in
                    state.held.append(connection)
                    defer { state.heldWaits = [] }
                    return state.heldWaits
                }
                for wait in waits { wait.resume() }
                continue
            }
            guard case .bytes(let bytes) = answer, Self.send(bytes, to: connection) else { return }
            let isHead = message.startLine.hasPrefix("HEAD ")
            guard RawMessage(bytes, isEnd: true, hasNoBody: isHead)?.isFramed == true else { return }
        }
    }

    @discardableResult
    private static func send(_ bytes: [UInt8], to connection: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }
}
