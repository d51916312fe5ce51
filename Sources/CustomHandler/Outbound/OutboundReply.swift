import HTTP1
import Lua

/// What a script gets for its request: a response, or the reason why there is none.
enum OutboundReply {
    /// - Parameter held: counts the body's bytes until the script has its copy.
    case response(status: Int, fields: HTTPFields, body: [UInt8], held: HeldBytes)
    case fault(message: String, kind: String)

    /// Pushes the results. Returns their number.
    func push(onto stack: LuaStack) throws(LuaError) -> Int {
        switch self {
        case .fault(let message, let kind):
            stack.pushNil()
            stack.push(message)
            stack.push(kind)
            return 3
        case .response(let status, let fields, let body, let held):
            held.set(0)
            try stack.demand(body.count)
            stack.pushTable(hash: 4)
            stack.push(Int64(status))
            stack.setField("status", of: -2)
            stack.push(bytes: body)
            stack.setField("body", of: -2)
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
