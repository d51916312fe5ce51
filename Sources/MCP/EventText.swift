/// Writes server-sent events, each of which carries one message.
package enum EventText {
    /// A comment, which keeps a connection alive and which clients ignore.
    package static let keepAlive = ":\n\n"

    /// - Parameter json: may have several lines; the reader puts them together again.
    package static func event(_ json: String) -> String {
        var text: [UInt8] = Array("event: message\ndata: ".utf8)
        text.reserveCapacity(text.count + json.utf8.count + 2)
        var isAfterReturn = false
        for byte in json.utf8 {
            switch byte {
            case UInt8(ascii: "\n") where isAfterReturn: isAfterReturn = false
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                text += "\ndata: ".utf8
                isAfterReturn = byte == UInt8(ascii: "\r")
            default:
                text.append(byte)
                isAfterReturn = false
            }
        }
        text += "\n\n".utf8
        return String(decoding: text, as: UTF8.self)
    }
}
