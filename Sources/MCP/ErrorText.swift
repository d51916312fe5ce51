internal import JSON

/// Writes JSON-RPC errors.
package enum ErrorText {
    /// - Parameters:
    ///   - id: the JSON text of the request's id; nil if it is not known.
    ///   - data: a JSON text.
    package static func error(_ code: Int, _ message: String, id: String?, data: String? = nil) -> String {
        let text = JSONText()
        text.append(raw: #"{"jsonrpc":"2.0","id":"#)
        text.append(raw: id ?? "null")
        text.append(raw: #","error":{"code":"#)
        text.append(integer: Int64(code))
        text.append(raw: #","message":"#)
        text.append(string: message)
        if let data {
            text.append(raw: #","data":"#)
            text.append(raw: data)
        }
        text.append(raw: "}}")
        return text.text
    }

    package static func error(_ code: Code, _ message: String, id: String?, data: String? = nil) -> String {
        error(code.rawValue, message, id: id, data: data)
    }
}
