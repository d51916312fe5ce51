import Foundation
import TestSupport

@testable import DevHost

/// A call whose recorded response shows what was asked, because its name says so.
struct AdminCall {
    var method = "GET"
    var path: String
    /// The value of `x-functions-key`; nil for none.
    var key: Key? = .right(.master)
    var contentType: String?
    var body = ""

    enum Key {
        case right(Keys.Kind)
        case wrong
    }

    static func get(_ path: String, key: Key? = .right(.master)) -> AdminCall { AdminCall(path: path, key: key) }

    static func post(
        _ path: String, _ body: String = "", type: String? = "application/json", key: Key? = .right(.master)
    ) -> AdminCall {
        AdminCall(method: "POST", path: path, key: key, contentType: type, body: body)
    }

    /// A run of a function by hand with an input.
    static func run(_ function: String, _ input: String) -> AdminCall { send(function, #"{"input": \#(input)}"#) }

    static func send(_ function: String, _ body: String, type: String? = "application/json") -> AdminCall {
        post("/admin/functions/\(function)", body, type: type)
    }

    /// - Parameter keys: replaces `KEY` in the path with the key for functions.
    func bytes(_ keys: Keys?, port: Int) -> [UInt8] {
        let path = path.replacing("KEY", with: keys?[.host] ?? "")
        var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
        switch key {
        case .right(let kind): if let keys { head += "x-functions-key: \(keys[kind])\r\n" }
        case .wrong: head += "x-functions-key: wrong\r\n"
        case nil: break
        }
        if let contentType { head += "Content-Type: \(contentType)\r\n" }
        if method == "POST" { head += "Content-Length: \(body.utf8.count)\r\n" }
        return Array((head + "\r\n" + body).utf8)
    }
}

extension HostRow {
    /// The recorded response, if the effect holds one. Its lines end with a line feed, and a long body is cut.
    var response: (message: RawMessage, isCut: Bool)? {
        let text = effect.split(separator: "\n--- host log ---", maxSplits: 1, omittingEmptySubsequences: false)[0]
        let parts = text.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts[0].hasPrefix("HTTP/"), parts.count == 2 else { return nil }
        let isChunked = parts[0].contains("Transfer-Encoding: chunked")
        let body = isChunked ? String(parts[1]).replacing("\n", with: "\r\n") : String(parts[1])
        let bytes = Array((String(parts[0]).replacing("\n", with: "\r\n") + "\r\n\r\n" + body).utf8)
        return RawMessage(bytes, isEnd: true).map { ($0, body.contains("…")) }
    }
}

/// Hides what differs between the recorded host and ours: keys, times, addresses and the app's folder.
enum AdminMasks {
    static func mask(_ text: String, folder: String? = nil) -> String {
        var text = Masks.mask(text)
        if let folder { text.replace("/\(folder)", with: "APP") }
        text.replace(#/[\w-]{54}==/#, with: "KEY")
        // The recorder named the type when it uploaded the blob; a file has none.
        text.replace(#/"ContentType":"(text\/plain|application\/octet-stream)"/#, with: #""ContentType":"TYPE""#)
        text.replace(#/"processUptime":\d+/#, with: #""processUptime":0"#)
        text.replace(#/"(id)":"(apprec|applua|luafunc)"/#, with: #""id":"APP""#)
        text.replace(#/https?:\/\/(localhost|127\.0\.0\.1)(:PORT)?//#, with: "BASE")
        text.replace(#/admin\/vfsAPP\/\.luafunc[^"]*/#, with: "admin/vfsPATH")
        return text
    }

    /// How our response to a caller differs from the recorded one.
    static func differences(
        _ ours: RawMessage, _ recorded: (message: RawMessage, isCut: Bool), folder: String
    ) -> [String] {
        var found: [String] = []
        func headers(_ message: RawMessage) -> [String] {
            message.headers.map { (name: $0.name.lowercased(), value: $0.value) }
                // The addresses have another length.
                .filter { !["date", "server", "content-length"].contains($0.name) }
                .map { "\($0.name): \($0.value)" }.sorted()
        }
        if ours.startLine != recorded.message.startLine {
            found.append("\(ours.startLine), \(recorded.message.startLine)")
        }
        if headers(ours) != headers(recorded.message) {
            found.append("headers \(headers(ours)), \(headers(recorded.message))")
        }
        var (own, body) = (Masks.text(ours.body), Masks.text(recorded.message.body))
        let isFramed = recorded.message.headers.contains { $0.name.lowercased() == "content-length" && $0.value == "0" }
        if isFramed { body = "" }
        (own, body) = (mask(own, folder: String(folder.dropFirst())), mask(body))
        if recorded.isCut, let cut = body.firstIndex(of: "…") {
            body = String(body[..<cut])
            own = String(own.prefix(body.count))
        }
        if own != body { found.append("body \(own), \(body)") }
        return found
    }
}
