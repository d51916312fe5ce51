import EventLoop
import HTTP
import HTTP1
import JSON
import MCP

/// Reads what an MCP client asks and how that ends, while the request and its response pass through the host.
///
/// Header fields are never shown, because clients send their tokens there.
@MainLoop
final class MCPCall {
    private static let limit = 256 << 10

    private var request: [UInt8] = []
    private var response: [UInt8] = []
    private var events: EventReader?
    /// The last message of the response that is neither a notification nor a question.
    private var answer: JSONTree?
    private var message: JSONTree?
    private var isTooLong = false

    /// Nil for a request that no MCP client sends.
    init?(_ request: HTTPRequest) {
        guard request.method == .post,
            request.first("content-type")?.lowercased().hasPrefix("application/json") == true,
            request.fields.values("accept").joined(separator: ",").lowercased().contains("text/event-stream")
        else { return nil }
        if !request.isStreamed { sent(request.body) }
    }

    /// A piece of the request's body.
    func sent(_ piece: [UInt8]) {
        if request.count + piece.count <= Self.limit { request += piece } else { isTooLong = true }
    }

    /// Reads the request, which has arrived. Returns whether the line of this call waits for the end of the response,
    /// which is not so for a stream of changes: that may stay open for hours.
    func begin(_ fields: HTTPFields) -> Bool {
        guard !isTooLong, let tree = try? JSONTree.parse(request.span.bytes) else { return false }
        guard tree["jsonrpc"]?.string == "2.0" || tree.elements?.first?["jsonrpc"]?.string == "2.0" else {
            return false
        }
        message = tree
        request = []
        let type = fields.first("content-type")?.lowercased() ?? ""
        if type.hasPrefix("text/event-stream") { events = EventReader(limit: Self.limit) }
        return tree["method"]?.string != "subscriptions/listen"
    }

    /// A piece of the response's body.
    func received(_ piece: RawSpan) {
        guard events != nil || response.count + piece.byteCount <= Self.limit else { return response = [] }
        let bytes = piece.withUnsafeBytes { Array($0) }
        guard events != nil else { return response += bytes }
        do {
            for event in try events?.read(bytes) ?? [] {
                guard let tree = try? JSONTree.parse(event.data.utf8Span.span.bytes) else { continue }
                if tree["method"] == nil { answer = tree }
            }
        } catch {
            // The answer is too long to be read here; the caller gets it all the same.
            events = EventReader(limit: Self.limit)
        }
    }

    /// What the line of this call says; nil if the request is no message of MCP.
    func line(status: Int?, isComplete: Bool) -> InvocationEnd.Call? {
        guard let message else { return nil }
        if answer == nil, events == nil { answer = try? JSONTree.parse(response.span.bytes) }
        let text = Self.text(of: message)
        guard isComplete else { return .init(text: text, outcome: "broken off", detail: nil, isFailure: true) }
        if let error = answer?["error"] {
            return .init(
                text: text, outcome: error["code"]?.text ?? "error", detail: error["message"]?.string, isFailure: true)
        }
        if let status, !(200...299 ~= status) {
            return .init(text: text, outcome: String(status), detail: nil, isFailure: true)
        }
        guard let result = answer?["result"] else { return .init(text: text, outcome: "ok", detail: nil) }
        if result["isError"]?.boolean == true {
            let words = result["content"]?.elements?.lazy.compactMap { $0["text"]?.string }.first
            return .init(text: text, outcome: "error", detail: words, isFailure: true)
        }
        let asks = result["resultType"]?.string == "input_required"
        return .init(text: text, outcome: asks ? "asks" : "ok", detail: nil)
    }

    /// `tools/call forecast {"city":"Oslo"}`
    private static func text(of message: JSONTree) -> String {
        if let batch = message.elements {
            return "batch of \(batch.count): " + (batch.first.map { text(of: $0) } ?? "")
        }
        guard let method = message["method"]?.string else { return "answer to a question" }
        let parameters = message["params"]
        let target = parameters?["name"]?.string ?? parameters?["uri"]?.string
        let arguments = parameters?["arguments"].flatMap { $0.members?.isEmpty == false ? $0.text : nil }
        return [method, target, arguments].compactMap { $0?.shortened }.joined(separator: " ")
    }
}

extension String {
    /// At most 60 characters.
    fileprivate var shortened: String { utf8.count > 60 && count > 60 ? prefix(59) + "…" : self }
}
