import HTTP1
import Lua

/// What a script gets for its request: a response, or the reason why there is none.
enum OutboundReply {
    /// - Parameters:
    ///   - body: nil if the script reads it piece by piece.
    ///   - held: counts the body's bytes until the script has its copy.
    case response(status: Int, fields: HTTPFields, body: [UInt8]?, held: HeldBytes)
    case fault(OutboundFault)

    /// Fields that are about the connection, which ends here. A script that returns the response as its own must not
    /// pass them on (RFC 9110 §7.6.1).
    private static let ofConnection = [
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    /// Pushes the results. Returns their number.
    func push(onto stack: LuaStack) throws(LuaError) -> Int {
        switch self {
        case .fault(let fault): return fault.push(onto: stack)
        case .response(let status, var fields, let body, let held):
            for name in Self.ofConnection { fields.remove(name) }
            stack.pushTable(hash: 4)
            stack.push(Int64(status))
            stack.setField("status", of: -2)
            if let body {
                held.set(0)
                try stack.demand(body.count)
                stack.push(bytes: body)
                stack.setField("body", of: -2)
            }
            stack.pushTable(array: fields.count)
            var position = 1
            fields.forEachBytes { name, value in
                stack.pushTable(array: 2)
                stack.push(bytes: name)
                stack.setElement(1, of: -2)
                stack.push(bytes: value)
                stack.setElement(2, of: -2)
                stack.setElement(position, of: -2)
                position += 1
            }
            stack.setField("fields", of: -2)
            return 1
        }
    }
}
