import HTTP
import HTTP1
import Lua

/// Converts a caller's own request to the arguments `data` and `metadata`, in the same form as in a payload
/// (host-contract §6.4). Nothing is lost: the body has exactly the bytes that arrived.
struct RequestReader {
    let metatables: Metatables
    let stack: LuaStack

    /// Pushes `data` and, if the handler takes them, `metadata`. [+1 or 2]
    func pushArguments(
        _ request: HTTPRequest, _ parameters: Wire.Parameters, isProxied: Bool, withMetadata takesMetadata: Bool
    ) {
        let head = request.headBytes
        pushSource(request, head.span.bytes.extracting(0..<request.head.length), parameters)
        let source = stack.count
        stack.pushTable(hash: 1)
        stack.push(metatables.trigger)
        stack.pushDeferred(metatables.tables.request, place: isProxied ? 1 : 0, source: source)
        stack.setPair(of: source + 1)
        if takesMetadata { stack.pushDeferred(metatables.tables.metadata, place: 0, source: source) }
        stack.remove(at: source)
    }

    /// Pushes the block from which the tables are filled. [+1]
    private func pushSource(_ request: HTTPRequest, _ head: RawSpan, _ parameters: Wire.Parameters) {
        if request.body.isEmpty, parameters.isEmpty { return stack.pushBlock(head, values: 0) }
        if request.body.isEmpty { stack.pushNil() } else { stack.push(bytes: request.body) }
        if parameters.isEmpty { stack.pushNil() } else { push(parameters) }
        stack.pushBlock(head, values: 2)
    }

    /// Pushes the parameters of the route, in which the router has decoded percent escapes. A missing optional
    /// parameter is absent.
    private func push(_ parameters: Wire.Parameters) {
        stack.pushTable(hash: parameters.count)
        for parameter in parameters {
            guard let value = parameter.value else { continue }
            stack.push(value)
            stack.setField(parameter.name, of: -2)
        }
    }
}
