import Lua
import NIOCore
import NIOHTTP1

/// Turns what a handler returned into the response to the caller's own request. The rules are those of a payload, but
/// nothing has to survive the host, so bytes, several cookies and repeated headers can be sent.
extension OutputEncoder {
    struct PlainResponse {
        var response: Response
        /// The function or coroutine that makes the body; nil where it is whole.
        var body: LuaReference?
        /// Lines that the handler returned.
        var logs: [String] = []
    }

    /// The response for the value at `index`. [0]
    func plainResponse(at index: Int) throws(OutputError) -> PlainResponse {
        let level = stack.count
        defer { stack.setCount(level) }
        let returned = try interpret(index)
        let logs = try returned.logs.map { list throws(OutputError) in try texts(at: list) } ?? []
        var plain = try response(returned)
        plain.logs = logs
        return plain
    }

    private func response(_ returned: Returned) throws(OutputError) -> PlainResponse {
        if let (output, index) = returned.single { return try response(at: index, place: "Outputs.\(output.name)") }
        if let value = returned.value {
            try checkReturnValue(at: value)
            return try response(at: value, place: "ReturnValue")
        }
        let names = try outputNames(returned)
        if let index = returned.outputs, let name = names.first {
            stack.pushField(name, of: index)
            return try response(at: stack.count, place: "Outputs.\(name)")
        }
        return PlainResponse(response: Response(status: .noContent, headers: HTTPHeaders(), body: .whole(ByteBuffer())))
    }

    private func response(at index: Int, place: String) throws(OutputError) -> PlainResponse {
        guard stack.type(at: index) == .table, !stack.hasMetatable(at: index, marks.bytes) else {
            return try plain(ResponseParts(body: index), place: place)
        }
        return try plain(try readResponse(at: index, place: place), place: "\(place).body")
    }

    private func plain(_ parts: ResponseParts, place: String) throws(OutputError) -> PlainResponse {
        var headers = HTTPHeaders()
        for header in parts.headers {
            for value in header.values { headers.add(name: header.name, value: value) }
        }
        for cookie in parts.cookies { headers.add(name: "Set-Cookie", value: cookie) }
        let status = HTTPResponseStatus(statusCode: parts.status)
        if parts.isBodyless {
            return PlainResponse(response: .init(status: status, headers: headers, body: .whole(ByteBuffer())))
        }
        if !parts.hasHeader("content-type") { headers.add(name: "content-type", value: contentType(of: parts.body)) }
        switch stack.type(at: parts.body) {
        case .function, .thread:
            stack.pushValue(at: parts.body)
            return PlainResponse(
                response: .init(status: status, headers: headers, body: .streamed), body: stack.reference())
        default:
            let body = try wholeBody(at: parts.body, place: place)
            return PlainResponse(response: .init(status: status, headers: headers, body: .whole(body)))
        }
    }

    /// What the host would say of a response that does not say it (host-contract §9.5).
    private func contentType(of body: Int) -> String {
        switch stack.type(at: body) {
        case .table where !stack.hasMetatable(at: body, marks.bytes): "application/json; charset=utf-8"
        case .table: "application/octet-stream"
        case .string where bytes(at: body) != nil: "application/octet-stream"
        default: "text/plain; charset=utf-8"
        }
    }

    private func wholeBody(at index: Int, place: String) throws(OutputError) -> ByteBuffer {
        switch stack.type(at: index) {
        case .nil, .none: return ByteBuffer()
        case _ where stack.isNull(at: index): return ByteBuffer()
        case .string: return stack.withBytes(at: index) { ByteBuffer(copying: $0) } ?? ByteBuffer()
        case .table where stack.hasMetatable(at: index, marks.bytes): return ByteBuffer(bytes: bytes(at: index) ?? [])
        case .table, .number, .boolean:
            do throws(JSONError) {
                try writer.append(at: index, of: stack)
            } catch {
                throw .unwritable(place, error)
            }
            return writer.withSpan { ByteBuffer(copying: $0) }
        case let other: throw Self.unsendable(other, place)
        }
    }
}

extension ByteBuffer {
    init(copying bytes: RawSpan) {
        self = ByteBufferAllocator().buffer(capacity: bytes.byteCount)
        writeBytes(bytes)
    }
}
