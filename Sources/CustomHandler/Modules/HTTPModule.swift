import AsyncHTTPClient
import FoundationEssentials
import Lua
import NIOCore
import NIOHTTP1

extension Modules {
    /// `http`: request and its short forms, which wait without holding the thread up; response, and
    /// eventStream for one that is sent event by event.
    static func openHTTP(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        guard let mark = scope.marks?.httpResponse else { throw .message("http is not ready") }
        stack.push(function: "response") { stack throws(LuaError) in
            try stack.argumentTable(1)
            stack.setCount(1)
            stack.setMetatable(at: 1, mark)
            return 1
        }
        stack.push(function: "request") { stack throws(LuaError) in
            try stack.argumentTable(1)
            throw .wait(Wait.http(try OutboundRequest(at: 1, of: stack)))
        }
        stack.push(function: "json") { stack throws(LuaError) in
            do throws(JSONError) {
                try stack.pushJSON(at: 1)
                return 1
            } catch {
                throw .message("the response body is not JSON: \(error)")
            }
        }
        try openJSON(onto: stack, scope)
        stack.pushField("encode", of: -1)
        stack.replace(at: stack.count - 1)
        try run(httpChunk, arguments: 4, onto: stack)
    }

    private static let httpChunk = LuaChunk(
        #"""
        local response, request, json, encode = ...
        local next, setmetatable, type, lower, error = next, setmetatable, type, string.lower, error
        local concat, find, gmatch, tostring = table.concat, string.find, string.gmatch, tostring

        -- Header fields by name, in any case; repeated ones are joined.
        local Headers = { __name = "headers", __metatable = false, __index = function(self, name)
            if type(name) ~= "string" then return nil end
            name = lower(name)
            for key, value in next, self do
                if lower(key) == name then return value end
            end
        end }

        -- The header fields of a response, one by one: not a member, so that a response can be returned as it is.
        local fieldsOf = setmetatable({}, { __mode = "k" })

        local function check(self, method)
            if type(self) ~= "table" then error("call it with a colon: response:" .. method .. "()", 3) end
        end

        local Response = { __name = "response", __metatable = false, __index = {
            json = function(self)
                check(self, "json")
                local value = json(self.body)
                return value
            end,
            -- All values of a header field, in their order.
            values = function(self, name)
                check(self, "values")
                if type(name) ~= "string" then error("the name of a header is a string, not a " .. type(name), 2) end
                local found = {}
                for _, field in next, fieldsOf[self] or {} do
                    if lower(field[1]) == lower(name) then found[#found + 1] = field[2] end
                end
                return found
            end,
        } }

        local function send(options)
            local answer, message, kind = request(options)
            if not answer then return nil, message, kind end
            local headers = {}
            for _, field in next, answer.fields do
                local name, value = field[1], field[2]
                headers[name] = headers[name] and headers[name] .. ", " .. value or value
            end
            fieldsOf[answer], answer.fields = answer.fields, nil
            answer.headers = setmetatable(headers, Headers)
            return setmetatable(answer, Response)
        end

        local function with(method, url, body, options)
            if options ~= nil and type(options) ~= "table" then error("the options must be a table", 2) end
            local all = { method = method, url = url, body = body }
            for key, value in next, options or {} do all[key] = value end
            return send(all)
        end

        -- Server-sent events: a text, or { event =, data =, id =, retry = }; a table as data is sent as JSON.
        local function format(event)
            if type(event) ~= "table" then event = { data = event } end
            local lines = {}
            for name in next, event do
                if name ~= "event" and name ~= "data" and name ~= "id" and name ~= "retry" then
                    error("an event has no field '" .. tostring(name) .. "'; there are event, data, id and retry", 3)
                end
            end
            for _, name in next, { "event", "id", "retry" } do
                local value = event[name]
                if value ~= nil then
                    value = tostring(value)
                    if find(value, "[\r\n\0]") then error("the " .. name .. " of an event is one line", 3) end
                    lines[#lines + 1] = name .. ": " .. value
                end
            end
            local data = event.data
            if type(data) == "table" then data = encode(data) end
            if data ~= nil then
                for line in gmatch(tostring(data):gsub("\r\n?", "\n") .. "\n", "([^\n]*)\n") do
                    lines[#lines + 1] = "data: " .. line
                end
            end
            return concat(lines, "\n") .. "\n\n"
        end

        local function eventStream(body)
            if type(body) ~= "function" then error("http.eventStream takes a function that gets send", 2) end
            return response {
                headers = { ["content-type"] = "text/event-stream", ["cache-control"] = "no-cache" },
                body = function(write) return body(function(event) write(format(event)) end) end,
            }
        end

        local http = { request = send, response = response, eventStream = eventStream }
        for _, method in next, { "GET", "HEAD", "DELETE" } do
            http[lower(method)] = function(url, options) return with(method, url, nil, options) end
        end
        for _, method in next, { "POST", "PUT", "PATCH" } do
            http[lower(method)] = function(url, body, options) return with(method, url, body, options) end
        end
        return http
        """#)
}

/// A request of the `http` module.
struct OutboundRequest: Sendable {
    var request: HTTPClientRequest
    var timeout = TimeAmount.seconds(30)
    var follows = true
    /// Bytes of the response body that are taken.
    var limit = 32 << 20

    private static let members = ["url", "method", "headers", "body", "timeout", "follow", "limit"]

    /// Reads the options at `index`. [0]
    init(at index: Int, of stack: LuaStack) throws(LuaError) {
        let level = stack.count
        defer { stack.setCount(level) }
        var unknown: String?
        stack.forEachPair(at: index) { () throws(Never) in
            let name = stack.string(at: -2) ?? "\(stack.type(at: -2).name)"
            if !Self.members.contains(name) { unknown = name }
        }
        if let unknown {
            let nearest = NearestName.find(unknown, among: Self.members).map { " (did you mean '\($0)'?)" } ?? ""
            throw .message("http.request has no option '\(unknown)'\(nearest)")
        }
        stack.pushField("url", of: index)
        guard let url = stack.string(at: -1) else {
            throw .message("http.request needs a url, such as \"https://example.com/\"")
        }
        // Only the last 16 bits of a larger one would count.
        if let port = URL(string: url)?.port, !(0...65_535).contains(port) {
            throw .message("http.request: the port of \(url) must be from 0 to 65535")
        }
        request = HTTPClientRequest(url: url)
        stack.pushField("method", of: index)
        if !stack.isNil(at: -1) {
            guard let method = stack.string(at: -1), !method.isEmpty, method.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
            else { throw .message("http.request: method must be text such as \"GET\"") }
            request.method = HTTPMethod(rawValue: method.uppercased())
        }
        stack.pushField("headers", of: index)
        if !stack.isNil(at: -1) { try readHeaders(at: stack.count, of: stack) }
        stack.pushField("body", of: index)
        if !stack.isNil(at: -1) { try readBody(at: stack.count, of: stack) }
        stack.pushField("timeout", of: index)
        if !stack.isNil(at: -1) {
            guard let seconds = stack.number(at: -1), seconds > 0, seconds < 1e9 else {
                throw .message("http.request: timeout must be seconds")
            }
            timeout = .nanoseconds(Int64(seconds * 1e9))
        }
        stack.pushField("follow", of: index)
        if !stack.isNil(at: -1) { follows = stack.boolean(at: -1) }
        stack.pushField("limit", of: index)
        if !stack.isNil(at: -1) {
            guard let bytes = stack.integer(at: -1), bytes >= 0 else {
                throw .message("http.request: limit must be a number of bytes")
            }
            limit = Int(bytes)
        }
    }

    private mutating func readHeaders(at index: Int, of stack: LuaStack) throws(LuaError) {
        guard stack.type(at: index) == .table else { throw .message("http.request: headers must be a table") }
        stack.expandDeferred(at: index)
        var headers = HTTPHeaders()
        try stack.forEachPair(at: index) { () throws(LuaError) in
            guard let name = stack.string(at: -2) else { throw .message("http.request: header names must be text") }
            switch stack.type(at: -1) {
            case .string: headers.add(name: name, value: stack.string(at: -1) ?? "")
            case .number: headers.add(name: name, value: stack.numberText(at: -1) ?? "")
            case .table:
                for position in 0..<stack.length(at: -1) {
                    stack.pushElement(position + 1, of: -1)
                    headers.add(name: name, value: stack.string(at: -1) ?? "")
                    stack.pop()
                }
            case let type: throw .message("http.request: the header '\(name)' must be text, not \(type.name)")
            }
        }
        request.headers = headers
    }

    private mutating func readBody(at index: Int, of stack: LuaStack) throws(LuaError) {
        if stack.type(at: index) == .table {
            let writer = JSONWriter()
            do throws(JSONError) {
                try writer.append(at: index, of: stack)
            } catch {
                // The path of what cannot be written begins with a dot or a bracket.
                let reason = "\(error)"
                throw .message("http.request: body\(reason.first == "." || reason.first == "[" ? "" : ": ")\(reason)")
            }
            request.body = .bytes(writer.withSpan { ByteBuffer(copying: $0) })
            if !request.headers.contains(name: "content-type") {
                request.headers.add(name: "content-type", value: "application/json")
            }
        } else {
            let bytes = stack.withBytes(at: index) { ByteBuffer(copying: $0) }
            guard let bytes else { throw .message("http.request: body must be text or a table") }
            request.body = .bytes(bytes)
        }
    }
}
