import FunctionsModel
import HTTP
import HTTP1
import Lua

extension Modules {
    /// The module `http`: `request` and its short forms, which wait without blocking the thread; `response`; and
    /// `eventStream`, for a response that is sent event by event.
    static func openHTTP(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        guard let mark = scope.metatables?.httpResponse else { throw .message("http is not ready") }
        try openHTTPClient(onto: stack, scope)
        stack.push(function: "response") { stack throws(LuaError) in
            try stack.argumentTable(1)
            stack.setCount(1)
            stack.setMetatable(at: 1, mark)
            return 1
        }
        try openJSON(onto: stack, scope)
        stack.pushField("encode", of: -1)
        stack.replace(at: stack.count - 1)
        stack.push(function: "send") { stack throws(LuaError) in try EventLines.data(on: stack) }
        stack.push(function: "send") { stack throws(LuaError) in
            stack.push(EventLines.isLine(at: 1, of: stack))
            return 1
        }
        try run(httpChunk, arguments: 5, onto: stack)
        try FileResponses.install(stack, scope)
    }

    private static let httpChunk = LuaChunk(
        #"""
        local http, response, encode, lines_of, isLine, wrap, fail = ...
        local next, type, concat, tostring = next, type, table.concat, tostring

        -- An event is a text or a table { event =, data =, id =, retry = }. A table as data is sent as JSON.
        local function format(event)
            if type(event) ~= "table" then event = { data = event } end
            local lines = {}
            for name in next, event do
                if name ~= "event" and name ~= "data" and name ~= "id" and name ~= "retry" then
                    fail("an event has no field '" .. tostring(name) .. "'; there are event, data, id and retry")
                end
            end
            for _, name in next, { "event", "id", "retry" } do
                local value = event[name]
                if value ~= nil then
                    value = tostring(value)
                    if not isLine(value) then fail("the " .. name .. " of an event must be one line") end
                    lines[#lines + 1] = name .. ": " .. value
                end
            end
            local data = event.data
            if type(data) == "table" then data = encode(data) end
            if data ~= nil then lines[#lines + 1] = lines_of(tostring(data)) end
            return concat(lines, "\n") .. "\n\n"
        end

        local eventStream = wrap(function(body)
            if type(body) ~= "function" then fail "http.eventStream takes a function that gets send" end
            return response {
                headers = { ["content-type"] = "text/event-stream", ["cache-control"] = "no-cache" },
                body = function(write) return body(wrap(function(event) write(format(event)) end)) end,
            }
        end)

        http.response, http.eventStream = response, eventStream
        return http
        """#, hasLines: false)
}
