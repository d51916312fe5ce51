package import CustomHandler
package import EventLoop
import FunctionsModel
import HTTP1
import JSON
import MCP

/// An app's MCP server over standard input and output, as desktop clients start it: one message a line.
///
/// Each message goes to the function as a request over HTTP would, and each event of the response becomes a line.
@MainLoop
package final class StdioServer {
    private let workers: WorkerGroup
    private let function: String
    private let write: (String) -> Void
    private var rules = StdioRules()
    /// The beginning of a line whose end has not arrived.
    private var unread: [UInt8] = []
    /// Whether the rest of the line is dropped, because the line is too long.
    private var skips = false
    /// Called when the input has ended and every request is answered.
    private var ended: (() -> Void)?
    /// The requests that run, by their ids in JSON.
    private var running: [String: Task<Void, any Error>] = [:]
    /// The ids of the streams of changes, which never end by themselves.
    private var listening: Set<String> = []

    /// The longest line in bytes, which is also the largest body over HTTP.
    private static let lineLimit = 4 << 20

    /// How many requests may run at a time.
    private static let requestLimit = 1024

    /// - Parameters:
    ///   - function: the name of the function that is the server.
    ///   - write: writes a line.
    package init(_ workers: WorkerGroup, function: String, write: @escaping (String) -> Void) {
        (self.workers, self.function, self.write) = (workers, function, write)
    }

    /// Whether the function loads and answers as an MCP server does. If it does not load, the log says why.
    package func answers() async -> Bool {
        let text = #"{"jsonrpc":"2.0","id":0,"method":"ping"}"#
        var lines: [String] = []
        let exchange = StdioExchange { lines.append($0) }
        let fields: HTTPFields = [
            "host": "localhost", "content-type": "application/json", "accept": "application/json, text/event-stream",
            "mcp-legacy-only": "1", "mcp-transport": "stdio",
        ]
        try? await workers.stream(.post, "/\(function)", fields: fields, body: Array(text.utf8), to: function) {
            exchange.take($0)
        }
        return lines.contains { (try? JSONTree.parse($0.utf8Span.span.bytes))?["jsonrpc"]?.string == "2.0" }
    }

    /// Takes what has arrived on standard input.
    package func receive(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            add(rest[..<end])
            rest = rest[(end + 1)...]
            endLine()
        }
        add(rest)
    }

    /// The input has ended. `body` is called once every request is answered; streams of changes do not count.
    package func end(_ body: @escaping () -> Void) {
        endLine()
        ended = body
        for id in listening { running.removeValue(forKey: id)?.cancel() }
        endIfIdle()
    }

    private func endIfIdle() {
        if running.isEmpty { ended.take()?() }
    }

    private func add(_ piece: ArraySlice<UInt8>) {
        guard !skips, !piece.isEmpty else { return }
        if unread.count + piece.count <= Self.lineLimit { return unread += piece }
        // Nobody can tell the id of a request that is not read, so the error has none.
        (skips, unread) = (true, [])
        write(ErrorText.error(.invalidRequest, "a line has more than \(Self.lineLimit) bytes", id: "null"))
    }

    private func endLine() {
        var line: [UInt8] = []
        swap(&line, &unread)
        skips = false
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        if !line.isEmpty { receive(line: line) }
    }

    private func receive(line: [UInt8]) {
        switch rules.decide(line) {
        case .ignored: break
        case .answer(let text): write(text)
        case .forward(let message, var fields, let isLegacyOnly):
            if let id = message.cancelledID, message.method == "notifications/cancelled" {
                running.removeValue(forKey: id)?.cancel()
                return endIfIdle()
            }
            if message.kind == .request, let id = message.id, running.count >= Self.requestLimit {
                return write(ErrorText.error(.internalError, "\(Self.requestLimit) requests run already", id: id))
            }
            fields += [("host", "localhost"), ("mcp-transport", "stdio")]
            if isLegacyOnly { fields.append(("mcp-legacy-only", "1")) }
            let task = MainLoop.task { [self] in await serve(message, fields, line) }
            guard let id = message.id, message.kind == .request else { return }
            running[id] = task
            if message.method == "subscriptions/listen" { listening.insert(id) }
        }
    }

    private func serve(_ message: Message, _ fields: [(String, String)], _ body: [UInt8]) async {
        var headers: HTTPFields = [:]
        for (name, value) in fields { headers.add(name, value) }
        let (exchange, target) = (StdioExchange(write), "/\(function)")
        do {
            try await workers.stream(.post, target, fields: headers, body: body, to: function) { event in
                exchange.take(event)
            }
        } catch {
            // Cancelled requests get no answer.
        }
        guard message.kind == .request, let id = message.id else { return }
        listening.remove(id)
        guard running.removeValue(forKey: id) != nil else { return }
        defer { endIfIdle() }
        if !exchange.hasAnswered {
            write(ErrorText.error(.internalError, "the function has failed; the log says why", id: id))
        }
    }
}

/// One request and the lines of its response.
@MainLoop
private final class StdioExchange {
    private let write: (String) -> Void
    private var reader: EventReader?
    private var body: [UInt8] = []
    private var isEmpty = true
    private(set) var hasAnswered = false

    init(_ write: @escaping (String) -> Void) { self.write = write }

    func take(_ event: LocalEvent) {
        switch event {
        case .head(let status, let fields):
            isEmpty = status == 202
            let type = fields.first("content-type") ?? ""
            if type.hasPrefix("text/event-stream") { reader = EventReader() }
        case .piece(let bytes):
            guard reader != nil else { return body += bytes }
            for event in (try? reader?.read(bytes)) ?? [] { put(event.data) }
        case .end:
            // A page of an error is not a message.
            if reader == nil, !isEmpty, body.first == UInt8(ascii: "{") || body.first == UInt8(ascii: "[") {
                put(String(decoding: body, as: UTF8.self))
            }
        }
    }

    private func put(_ json: String) {
        hasAnswered = true
        // JSON has line breaks only between its tokens, where a space means the same.
        write(json.utf8.contains(UInt8(ascii: "\n")) ? json.replacing("\n", with: " ") : json)
    }
}
