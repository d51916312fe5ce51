import Lua
import NIOCore
import NIOHTTP1

/// Turns a caller's own request into the arguments `data` and `metadata`, of the shape they have in a payload
/// (host-contract §6.4). Nothing is spoiled here: a body is the bytes that came.
struct RequestReader {
    let function: Function
    let marks: Marks
    let stack: LuaStack

    /// Pushes `data` and `metadata`. [+2]
    func pushArguments(_ request: Request, url: String, _ parameters: Invocation.Parameters) {
        let level = stack.count
        // What more than one table is made of lies below them until the end.
        stack.push(bytes: Self.headerText(request.head.headers))
        let headers = stack.count
        stack.push(String(request.query ?? ""))
        let query = stack.count
        pushBody(request)
        let body = stack.count
        push(parameters)
        let params = stack.count

        stack.pushTable(hash: 1)
        stack.pushTable(hash: 8)
        stack.push(url)
        stack.setField("Url", of: -2)
        stack.push(request.head.method.rawValue)
        stack.setField("Method", of: -2)
        pushDeferred(query, by: marks.tables.query)
        stack.setField("Query", of: -2)
        pushDeferred(headers, by: marks.tables.headers)
        stack.setField("Headers", of: -2)
        stack.pushValue(at: params)
        stack.setField("Params", of: -2)
        stack.pushNil()
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
        // Both arguments go down to where the parts lie.
        stack.replace(at: level + 2)
        stack.replace(at: level + 1)
        stack.setCount(level + 2)
    }

    /// Pushes a table that is made of the value at `index` when it is touched. [+1]
    private func pushDeferred(_ index: Int, by filler: TableFiller) {
        stack.pushValue(at: index)
        stack.pushDeferred(filler)
    }

    private func pushBody(_ request: Request) {
        if request.body.readableBytes == 0 { return stack.pushNil() }
        stack.push(bytes: request.body.readableBytesSpan)
    }

    /// `%` in a route's parameters was decoded by the router; what is optional and missing is absent.
    private func push(_ parameters: Invocation.Parameters) {
        stack.pushTable(hash: parameters.count)
        for parameter in parameters {
            guard let value = parameter.value else { continue }
            stack.push(value)
            stack.setField(parameter.name, of: -2)
        }
    }

    /// The parts of `metadata`, in the order `RequestTables` takes them in. [+1]
    private func pushMetadataSource(query: Int, headers: Int, body: Int, params: Int) {
        stack.pushTable(array: RequestTables.MetadataPart.allCases.count)
        for (part, index) in [
            (RequestTables.MetadataPart.query, query), (.headers, headers), (.body, body), (.params, params),
        ] {
            stack.pushValue(at: index)
            stack.setElement(part.rawValue, of: -2)
        }
        stack.push(function.name)
        stack.setElement(RequestTables.MetadataPart.function.rawValue, of: -2)
    }

    /// Names and values, each ended by a zero byte, which neither can hold.
    private static func headerText(_ headers: HTTPHeaders) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 2 })
        for (name, value) in headers {
            text.append(contentsOf: name.utf8)
            text.append(0)
            text.append(contentsOf: value.utf8)
            text.append(0)
        }
        return text
    }
}
