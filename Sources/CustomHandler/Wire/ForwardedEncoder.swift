import FunctionsModel
import HTTP
import HTTP1
import JSON
import Lua

/// Converts a handler's result to the response to the caller's own request. The rules are those of a payload, but the
/// host does not process the response, so bytes, several cookies and repeated headers can be sent.
extension OutputEncoder {
    /// The response for the value at `index`. [0]
    ///
    /// - Parameter log: called with each line that the handler returned.
    mutating func forwardedResponse(at index: Int, log: (String) -> Void) throws(OutputError) -> Outcome {
        let level = stack.count
        defer { stack.setCount(level) }
        let returned = try interpret(index)
        let lines = try returned.logs.map { list throws(OutputError) in try texts(at: list) } ?? []
        let outcome = try response(returned)
        lines.forEach(log)
        return outcome
    }

    private mutating func response(_ returned: Returned) throws(OutputError) -> Outcome {
        if let (output, index) = returned.single { return try response(at: index, place: .output(output.name)) }
        if let value = returned.value {
            try checkReturnValue(at: value)
            return try response(at: value, place: .returnValue)
        }
        if let index = returned.outputs, try countOutputs(returned) > 0 {
            for (position, output) in function.namedOutputs.enumerated() {
                if stack.pushField(metatables.names.bindings[position], of: index) != .nil {
                    return try response(at: stack.count, place: .output(output.name))
                }
                stack.pop()
            }
        }
        return .response(HTTPResponse(status: 204))
    }

    private mutating func response(at index: Int, place: Place) throws(OutputError) -> Outcome {
        guard stack.type(at: index) == .table, !metatables.isBytes(at: index, of: stack) else {
            return try response(to: ResponseParts(body: index), place: place)
        }
        return try response(to: try readResponse(at: index, place: place), place: place.member("body"))
    }

    private func response(to parts: ResponseParts, place: Place) throws(OutputError) -> Outcome {
        let isStreamed =
            switch stack.type(at: parts.body) {
            // Of userdata, only the body of a file is sent.
            case .function, .thread, .userdata: true
            default: false
            }
        if parts.isBodyless || isStreamed || !parts.headers.isEmpty || !parts.cookies.isEmpty {
            return try response(of: parts, isStreamed: isStreamed, place: place)
        }
        try writeBody(at: parts.body, place: place)
        return .written(status: parts.status, contentType: contentType(of: parts.body))
    }

    /// Makes a response that has header fields of its own or whose body is not written yet.
    private func response(
        of parts: ResponseParts, isStreamed: Bool, place: Place
    ) throws(OutputError) -> Outcome {
        var response = HTTPResponse(status: parts.status)
        for header in parts.headers {
            for value in header.values { response.fields.add(header.name, value) }
        }
        for cookie in parts.cookies { response.fields.add("Set-Cookie", cookie) }
        if parts.isBodyless { return .response(response) }
        if !parts.hasHeader("content-type") {
            response.fields.add("content-type", "\(contentType(of: parts.body))")
        }
        guard isStreamed else {
            try writeBody(at: parts.body, place: place)
            response.body = .bytes(writer.bytes(from: 0))
            return .response(response)
        }
        response.body = .streamed
        if let length = metatables.fileLength(at: parts.body, of: stack) {
            response.fields.add("content-length", "\(length)")
            stack.pushBlockValue(1, of: parts.body)
        } else if stack.type(at: parts.body) == .userdata {
            throw Self.unsendable(.userdata, place)
        } else {
            stack.pushValue(at: parts.body)
        }
        return .streamed(stack.reference(), head: response)
    }

    /// The content type that the host adds to a response without one (host-contract §9.5).
    private func contentType(of body: Int) -> StaticString {
        switch stack.type(at: body) {
        case .table where !metatables.isBytes(at: body, of: stack): "application/json; charset=utf-8"
        case .table: "application/octet-stream"
        case .string where !stack.isUTF8(at: body): "application/octet-stream"
        default: "text/plain; charset=utf-8"
        }
    }

    /// Appends the bytes of the body to the writer. [0]
    private func writeBody(at index: Int, place: Place) throws(OutputError) {
        switch stack.type(at: index) {
        case .nil, .none: break
        case _ where stack.isNull(at: index): break
        case .string: try appendRaw(at: index, place: place)
        case .table where metatables.isBytes(at: index, of: stack):
            stack.pushElement(1, of: index)
            defer { stack.pop() }
            try appendRaw(at: -1, place: place)
        case .table, .number, .boolean:
            do throws(JSONError) {
                try writer.append(at: index, of: stack)
            } catch {
                throw .unwritable(place, error)
            }
        case let other: throw Self.unsendable(other, place)
        }
    }

    private func appendRaw(at index: Int, place: Place) throws(OutputError) {
        do throws(JSONError) {
            _ = try stack.withBytes(at: index) { bytes throws(JSONError) in try writer.append(raw: bytes, of: stack) }
        } catch {
            throw .unwritable(place, error)
        }
    }
}
