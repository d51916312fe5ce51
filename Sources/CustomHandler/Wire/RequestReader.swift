import HTTP
import HTTP1
import Lua

/// Turns a caller's own request into the arguments `data` and `metadata`, in the shape they have in a payload
/// (host-contract §6.4). Nothing gets lost here: the body has exactly the bytes that arrived.
struct RequestReader {
    let function: Function
    let marks: Marks
    let stack: LuaStack

    /// Pushes `data` and `metadata`. [+2]
    func pushArguments(_ request: HTTPRequest, _ parameters: Invocation.Parameters, isProxied: Bool) {
        let level = stack.count
        let head = request.headBytes
        // Values that several tables are made from lie below the tables until the end.
        stack.push(bytes: head.span.bytes.extracting(0..<request.head.length))
        let headers = stack.count
        if let query = request.queryRange {
            stack.push(bytes: head.span.bytes.extracting(query))
        } else {
            stack.push("" as StaticString)
        }
        let query = stack.count
        pushBody(request)
        let body = stack.count
        push(parameters)
        let params = stack.count

        stack.pushTable(hash: 1)
        stack.pushTable(hash: 8)
        stack.push(bytes: request.url(isProxied: isProxied))
        stack.setField("Url", of: -2)
        stack.push(request.method.text)
        stack.setField("Method", of: -2)
        pushDeferred(query, by: marks.tables.query)
        stack.setField("Query", of: -2)
        pushDeferred(headers, by: marks.tables.headers)
        stack.setField("Headers", of: -2)
        stack.pushValue(at: params)
        stack.setField("Params", of: -2)
        stack.push(true)
        stack.pushDeferred(marks.tables.identities)
        stack.setField("Identities", of: -2)
        if !stack.isNil(at: body) {
            stack.pushValue(at: body)
            stack.setField("Body", of: -2)
        }
        stack.setMetatable(at: -1, marks.request)
        stack.setField(function.trigger?.name ?? "req", of: -2)

        pushMetadataSource(query: query, headers: headers, body: body, params: params)
        stack.pushDeferred(marks.tables.metadata)
        // Moves both arguments down to where those values lie.
        stack.replace(at: level + 2)
        stack.replace(at: level + 1)
        stack.setCount(level + 2)
    }

    /// Pushes a table that is filled from the value at `index` on first access. [+1]
    private func pushDeferred(_ index: Int, by filler: TableFiller) {
        stack.pushValue(at: index)
        stack.pushDeferred(filler)
    }

    private func pushBody(_ request: HTTPRequest) {
        let body = request.body
        if body.isEmpty { stack.pushNil() } else { stack.push(bytes: body) }
    }

    /// The router has decoded `%` in the parameters; a missing optional one is absent.
    private func push(_ parameters: Invocation.Parameters) {
        stack.pushTable(hash: parameters.count)
        for parameter in parameters {
            guard let value = parameter.value else { continue }
            stack.push(value)
            stack.setField(parameter.name, of: -2)
        }
    }

    /// The parts of `metadata`, in the order in which `RequestTables` reads them. [+1]
    private func pushMetadataSource(query: Int, headers: Int, body: Int, params: Int) {
        stack.pushTable(array: RequestTables.MetadataPart.allCases.count)
        pushPart(.query, query)
        pushPart(.headers, headers)
        pushPart(.body, body)
        pushPart(.params, params)
        stack.push(function.name)
        stack.setElement(RequestTables.MetadataPart.function.rawValue, of: -2)
    }

    private func pushPart(_ part: RequestTables.MetadataPart, _ index: Int) {
        stack.pushValue(at: index)
        stack.setElement(part.rawValue, of: -2)
    }
}
