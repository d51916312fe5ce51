public import Foundation
import JSON
public import Testing

/// One folder of Tests/Cases: a function, the payload the host sends, and what must arrive at the other end.
/// Tests/Cases/README.md describes its files.
public struct Case: Sendable, CustomTestStringConvertible {
    /// Relative to Tests/Cases.
    let path: String
    public let payload: [UInt8]
    public let functionJSON: [UInt8]
    let expected: JSONTree

    /// The function's.
    public var name: String { path.replacing("/", with: "-") }

    public var testDescription: String { path }

    /// The headers of the payload. A failure has another form for the host; only other callers get copies of log lines.
    public var headers: [String: String] {
        expected["failed"] != nil ? hostHeaders : hostHeaders.filter { $0.key != "X-Azure-Functions-HostVersion" }
    }

    /// The real host's result for an answer.
    public struct Arrival {
        /// Whether the host waits forever.
        public var hangs = false
        /// The reason why the invocation failed; nil if it succeeded.
        public var failure: String?
        /// What the host changed silently.
        public var warnings: [String] = []
        public var logs: [String] = []
        /// What the caller of an HTTP trigger gets.
        public var http: Response?
        public var outputs: [(name: String, messages: [[UInt8]])] = []

        public init() {}
    }

    /// A response as its caller sees it.
    public struct Response: Sendable {
        public let status: Int
        public let headers: [(name: String, value: String)]
        public let body: [UInt8]

        public init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
            self.status = status
            self.headers = headers
            self.body = body
        }

        /// The joined values of a header, whose name may have any case; nil if there is none.
        public func header(_ name: String) -> String? {
            let values = headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
            return values.isEmpty ? nil : values.joined(separator: ", ")
        }
    }

    /// All differences between what arrived and what is expected; empty if there are none. A warning is a difference
    /// too, because luafunc never answers anything that the host would change silently.
    ///
    /// - Parameter answer: for the failure's message.
    public func differences(_ arrived: Arrival, answer: [UInt8]) -> [String] {
        if arrived.hangs { return ["hangs: \(arrived.warnings)"] }
        if let wanted = expected["failed"]?.string {
            guard let reason = arrived.failure else {
                return ["did not fail: \(String(decoding: answer, as: UTF8.self))"]
            }
            return reason.contains(wanted) ? [] : ["failed otherwise: \(reason)"]
        }
        if let reason = arrived.failure { return ["failed: \(reason)"] }
        var differences = arrived.warnings
        if let logs = expected["logs"]?.elements {
            let wanted = logs.compactMap(\.string)
            if wanted != arrived.logs { differences.append("logs are \(arrived.logs)") }
        }
        if let http = expected["http"] { differences += compare(http, arrived.http) }
        var wanted = Set<String>()
        for member in expected["outputs"]?.members ?? [] {
            wanted.insert(member.name)
            let messages = member.tree.elements ?? [member.tree]
            let arrived = arrived.outputs.first { $0.name == member.name }?.messages.map { Data($0) } ?? []
            if messages.count != arrived.count || !zip(messages, arrived).allSatisfy(matches) {
                differences.append("\(member.name) gets \(arrived.map { String(decoding: $0, as: UTF8.self) })")
            }
        }
        for output in arrived.outputs where !wanted.contains(output.name) {
            differences.append("\(output.name) gets something")
        }
        return differences
    }

    /// The differences of a caller's response if the host forwards the caller's own request. The member `plain` of
    /// expected.json is the result that only this protocol can have; without it, the result must be the same as through
    /// a payload.
    public func plainDifferences(status: Int, headers: [(name: String, value: String)], body: [UInt8]) -> [String] {
        guard let wanted = expected["plain"] ?? expected["http"] else {
            let isRefused = status == 500 && expected["failed"] != nil
            return isRefused ? [] : ["status \(status): \(String(decoding: body, as: UTF8.self))"]
        }
        return compare(wanted, Response(status: status, headers: headers, body: body))
    }

    /// The caller's request from which the host made the payload; nil unless it is a request and may be forwarded as it
    /// is (host-contract §5).
    public var plainRequest: PlainRequest? {
        // The samples have comments on lines of their own.
        let text = Array(String(decoding: functionJSON, as: UTF8.self).replacing(#/\n *\/\/[^\n]*/#, with: "").utf8)
        guard let bindings = (try? JSONTree.parse(text.span.bytes))?["bindings"]?.elements, bindings.count == 2,
            let trigger = bindings.first(where: { $0.member(anyCase: "type")?.string?.lowercased() == "httptrigger" }),
            bindings.contains(where: { $0.member(anyCase: "type")?.string == "http" }),
            let name = trigger.member(anyCase: "name")?.string,
            let request = (try? JSONTree.parse(payload.span.bytes))?["Data"]?[name]
        else { return nil }
        return PlainRequest(request, at: trigger.member(anyCase: "route") == nil ? "/api/\(self.name)" : nil)
    }

    private func compare(_ wanted: JSONTree, _ http: Response?) -> [String] {
        guard let http else { return ["no HTTP response"] }
        var differences: [String] = []
        if let status = wanted["status"]?.integer, Int(status) != http.status {
            differences.append("status \(http.status)")
        }
        if let body = wanted["body"], expectedBytes(body) != Data(http.body) {
            differences.append("body \(String(decoding: http.body, as: UTF8.self))")
        }
        for header in wanted["headers"]?.members ?? [] {
            let value = http.header(header.name)
            if value != header.tree.string { differences.append("header \(header.name): \(value ?? "missing")") }
        }
        return differences
    }

    private func matches(_ tree: JSONTree, _ arrived: Data) -> Bool {
        guard let json = tree["json"] else { return expectedBytes(tree) == arrived }
        guard let found = try? JSONTree.parse([UInt8](arrived).span.bytes) else { return false }
        return sorted(json) == sorted(found)
    }

    /// The tree as text with the members of its objects in alphabetical order: Lua has no order of its own.
    private func sorted(_ tree: JSONTree) -> String {
        switch tree.value {
        case .array(let elements): "[" + elements.map(sorted).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.sorted { $0.name < $1.name }.map { "\($0.name):\(sorted($0.tree))" }.joined(separator: ",")
                + "}"
        default: tree.text
        }
    }

    /// A text stands for its UTF-8 bytes, `{"base64":…}` for bytes.
    private func expectedBytes(_ tree: JSONTree) -> Data {
        if let text = tree.string { return Data(text.utf8) }
        if let text = tree["base64"]?.string { return Data(base64Encoded: text) ?? Data() }
        return Data(tree.text.utf8)
    }
}

/// A request as its caller sent it to the host.
public struct PlainRequest: Sendable {
    public let method: String
    /// Path and query.
    public let target: String
    public let headers: [(String, String)]
    public let body: [UInt8]

    /// - Parameter path: replaces the path in the URL.
    init?(_ request: JSONTree, at path: String?) {
        guard let method = request["Method"]?.string, let url = request["Url"]?.string,
            let whole = url.firstMatch(of: #/https?://[^/]*([^?]*)(.*)/#)
        else { return nil }
        self.method = method
        target = (path ?? String(whole.1)) + whole.2
        let fields = request["Headers"]?.members ?? []
        headers = fields.flatMap { field in
            (field.tree.elements ?? [field.tree]).compactMap { value in value.string.map { (field.name, $0) } }
        }
        let type = headers.first { $0.0.lowercased() == "content-type" }?.1 ?? ""
        let text = request["Body"]?.string ?? ""
        let isEncoded = type.contains("application/octet-stream") || type.contains("multipart/")
        body = isEncoded ? [UInt8](Data(base64Encoded: text) ?? Data()) : Array(text.utf8)
    }
}

/// The repository's folder and the programs built from it.
public enum Repository {
    public static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The built program, beside the test runner.
    public static var luafunc: URL {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "luafunc")
    }
}
