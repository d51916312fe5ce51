/// A message as either parser understands it.
struct Message: Equatable, CustomStringConvertible {
    /// The method, or the status.
    var start = ""
    /// The target, or the reason.
    var detail: [UInt8] = []
    /// 0 or 1, of HTTP/1.
    var minorVersion = 1
    var fields: [[UInt8]] = []
    var body: [UInt8] = []
    var keepsAlive = false

    var description: String {
        let fields = fields.map { String(decoding: $0, as: UTF8.self) }
        return "\(start) \(String(decoding: detail, as: UTF8.self)) 1.\(minorVersion) \(fields) "
            + "\(String(decoding: body, as: UTF8.self)) keeps alive: \(keepsAlive)"
    }
}

/// The result of parsing all bytes of a connection.
struct Transcript: Equatable {
    /// The complete messages.
    var messages: [Message] = []
    /// The reason why the parser refused the rest.
    var error: String?
}

/// Which side of a connection is read.
enum Side: Hashable {
    case requests
    /// The responses, either to HEAD requests or to others.
    case responses(toHead: Bool)
}
