import Foundation
import TestSupport

/// A response with what differs in each run hidden: a Lua table has no order, ids and times are new.
enum ComparableMessage {
    /// The first line, the headers without the time and the server's name, and the body.
    ///
    /// - Parameter dropped: names of headers to leave out, in lower case.
    static func lines(_ message: RawMessage, dropping dropped: Set<String> = []) -> [String] {
        let headers = message.headers.map { "\($0.name.lowercased()): \($0.value)" }
            .filter { line in !dropped.union(["date", "server"]).contains { line.hasPrefix("\($0):") } }
            .map { header in
                guard header.hasPrefix("set-cookie: todo="), let end = header.firstIndex(of: ";") else { return header }
                let value = header[..<end].dropFirst("set-cookie: todo=".count)
                let list = Data(base64Encoded: value + String(repeating: "=", count: (4 - value.count % 4) % 4))
                return "set-cookie: todo=\(json(list ?? Data()))\(header[end...])"
            }
        return [message.startLine] + headers.sorted() + [json(Data(Masks.mask(Masks.text(message.body)).utf8))]
    }

    /// JSON with sorted members; any other text as it is.
    static func json(_ data: Data) -> String {
        guard var value = try? JSONSerialization.jsonObject(with: data) else {
            return String(decoding: data, as: UTF8.self)
        }
        // The wording of an error may change.
        if var problem = value as? [String: Any], problem["detail"] != nil {
            problem["detail"] = "the reason"
            value = problem
        }
        let text = try? JSONSerialization.data(withJSONObject: value, options: .sortedKeys)
        return String(decoding: text ?? data, as: UTF8.self)
    }
}
