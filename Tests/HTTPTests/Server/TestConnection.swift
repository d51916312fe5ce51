import EventLoop
import Testing

@testable import HTTP

/// A connection without a socket, on a loop that the test runs.
final class TestConnection {
    let loop: EventLoop
    private let ownsLoop: Bool
    let stream: MemoryStream
    let responder: TestResponder
    private(set) var connection: HTTPConnection?
    private(set) var hasEnded = false

    init(
        held: HeldOutput = HeldOutput(limit: .max), on shared: EventLoop? = nil,
        _ configure: (inout HTTPServer.Settings) -> Void = { _ in },
        _ respond: @escaping (HTTPRequest, HTTPConnection) -> Void = { request, connection in
            connection.respond(
                HTTPResponse(status: 200, text: "\(request.path) \(String(decoding: request.body, as: UTF8.self))"))
        }
    ) {
        ownsLoop = shared == nil
        loop = shared ?? EventLoop()
        if ownsLoop { loop.bind() }
        stream = MemoryStream(loop)
        responder = TestResponder(respond)
        var settings = HTTPServer.Settings()
        configure(&settings)
        connection = HTTPConnection(over: stream, loop, settings: settings, responder: responder, held: held)
        connection?.ended = { [weak self] in self?.end() }
    }

    deinit {
        connection?.close()
        turn()
        if ownsLoop { loop.close() }
    }

    private func end() {
        hasEnded = true
        connection = nil
    }

    /// Runs the queued work.
    func turn() {
        loop.perform { [loop] in loop.stop() }
        loop.run()
    }

    /// Runs until the connection has ended.
    func runToEnd() {
        guard let connection else { return }
        connection.ended = { [weak self] in
            self?.end()
            self?.loop.stop()
        }
        loop.run()
    }
}

final class TestResponder: HTTPResponder {
    private let answer: (HTTPRequest, HTTPConnection) -> Void
    var streams = false
    var hostLeaves = false
    var limit = BodyLimit()
    var patience = Duration.seconds(30)
    /// `METHOD path`
    private(set) var requests: [String] = []

    init(_ answer: @escaping (HTTPRequest, HTTPConnection) -> Void) { self.answer = answer }

    func respond(to request: HTTPRequest, through connection: HTTPConnection) {
        requests.append("\(request.method) \(request.path)")
        answer(request, connection)
    }

    func takesStream(_ request: HTTPRequest) -> Bool { streams }
    func bodyLimit(of request: HTTPRequest) -> BodyLimit { limit }
    func requestTimeout(for request: HTTPRequest) -> Duration { patience }
    func halfCloseMeansGone(_ request: HTTPRequest) -> Bool { hostLeaves }
}
