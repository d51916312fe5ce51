import FunctionsModel
import Lua

extension Modules {
    /// Pushes the table with `request` and its short forms. [+1]
    static func openHTTPClient(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        // Receives the request, the name of the function that the script called, and the options of a short form.
        // Returns the number of the request, the function that is its body, and whether the response is a stream.
        stack.push(function: "request") { stack throws(LuaError) in
            guard stack.type(at: 1) == .table else {
                throw .message(
                    "http.request takes a table such as { url = \"https://example.com/\" }; for a url alone use http.get"
                )
            }
            stack.expandDeferred(at: 1)
            guard let execution = scope.running, !execution.hasEnded else {
                throw .message("requests can be sent only during an invocation")
            }
            let caller = stack.string(at: 2) ?? "http.request"
            if !stack.isNil(at: 3) { try OutboundRequest.checkOptions(at: 3, of: stack, caller: caller) }
            let request = try OutboundRequest(at: 1, of: stack, function: scope.function.name, caller: caller)
            stack.push(execution.add(OutboundCall(request, of: execution.vm.lua)))
            if case .pieces = request.body { stack.pushField("body", of: 1) } else { stack.pushNil() }
            stack.push(request.streams)
            return 3
        }
        for (name, step) in [
            ("request", .reply), ("write", .write), ("request", .finish), ("chunks", .read),
        ] as [(String, OutboundStep)] {
            stack.push(function: name) { stack throws(LuaError) in try step.perform(on: stack, scope) }
        }
        stack.push(function: "close") { stack throws(LuaError) in
            let number = stack.integer(at: 1) ?? 0
            scope.running?.calls?.byNumber[number]?.cancel()
            return 0
        }
        stack.push(function: "json") { stack throws(LuaError) in
            try readJSON(on: stack, scope) { error throws(LuaError) in
                throw .message("the response body is not JSON: \(error)")
            }
        }
        try run(httpClientChunk, arguments: 7, onto: stack)
    }

    /// The metatable of a table of header fields, which finds them in upper or lower case. The chunk that contains this
    /// text has the locals `next`, `type` and `lower`.
    static let headersText = #"""
        local Headers = { __name = "headers", __metatable = false, __index = function(self, name)
            if type(name) ~= "string" then return nil end
            name = lower(name)
            for key, value in next, self do
                if lower(key) == name then return value end
            end
        end }
        """#

    private static let httpClientChunk = LuaChunk(
        #"""
        local request, reply, write, finish, read, cancel, json, wrap, fail = ...
        local next, setmetatable, type, lower = next, setmetatable, type, string.lower

        -- Header fields by name, in upper or lower case. The values of repeated fields are joined, except for
        -- set-cookie, whose values contain commas.
        \#(headersText)

        -- The separate header fields of each response. They are not a member of the response, so that a script can
        -- return the response unchanged.
        local fieldsOf = setmetatable({}, { __mode = "k" })

        -- The numbers of the requests whose response body the script reads piece by piece; false at its end.
        local streamOf = setmetatable({}, { __mode = "k" })

        local function chunks(self)
            local call = streamOf[self]
            return wrap(function()
                local piece = streamOf[self] and read(call)
                if piece then return piece end
                streamOf[self] = false
            end)
        end

        local function close(self)
            if streamOf[self] then
                cancel(streamOf[self])
                streamOf[self] = false
            end
        end

        local Response = { __name = "response", __metatable = false, __index = {
            json = wrap(function(self)
                if streamOf[self] ~= nil then fail "the body arrives in pieces; read it with response:chunks()" end
                local value = json(self.body)
                return value
            end, "response:json()"),
            -- All values of a header field, in their order.
            values = wrap(function(self, name)
                if type(name) ~= "string" then fail("the name of a header must be a string, not a " .. type(name)) end
                local found = {}
                for _, field in next, fieldsOf[self] or {} do
                    if lower(field[1]) == lower(name) then found[#found + 1] = field[2] end
                end
                return found
            end, "response:values(name)"),
            -- An iterator over the pieces of a body that was asked for with stream = true.
            chunks = wrap(function(self)
                if streamOf[self] == nil then
                    fail "the body is already there; to read it in pieces, send the request with stream = true"
                end
                return chunks(self)
            end, "response:chunks()"),
            close = wrap(close, "response:close()"),
        }, __close = close }
        setmetatable(Response.__index, { __index = wrap(function(_, key)
            if key == "statusCode" or key == "status_code" then
                fail("a response has no member '" .. key .. "' (did you mean 'status'?)")
            end
        end) })

        -- Sends the pieces that a function returns. An error in it cancels the request.
        local Upload = { __close = function(self) if self[1] then cancel(self[1]) end end }
        local function upload(call, body)
            local guard <close> = setmetatable({ call }, Upload)
            local piece
            repeat piece = body() until piece == nil or not write(call, piece)
            finish(call)
            guard[1] = nil
        end

        local function send(all, name, options)
            local call, body, streams = request(all, name, options)
            if body then upload(call, body) end
            local answer, message, kind, details = reply(call)
            if not answer then return nil, message, kind, details end
            local headers, names = {}, {}
            for _, field in next, answer.fields do
                local key, value = lower(field[1]), field[2]
                local name = names[key] or field[1]
                names[key] = name
                local old = headers[name]
                if key ~= "set-cookie" then
                    headers[name] = old and old .. ", " .. value or value
                elseif old then
                    old[#old + 1] = value
                else
                    headers[name] = { value }
                end
            end
            fieldsOf[answer], answer.fields = answer.fields, nil
            if streams then
                streamOf[answer] = call
                -- A script may return the response, whose pieces then pass through.
                for name in next, headers do if lower(name) == "content-length" then headers[name] = nil end end
                answer.body = function(write) for piece in chunks(answer) do write(piece) end end
            end
            answer.headers = setmetatable(headers, Headers)
            return setmetatable(answer, Response)
        end

        local function with(name, method, url, body, options)
            if type(url) == "table" then
                fail(name .. " takes a url and then options; pass the table to http.request")
            end
            if options ~= nil and type(options) ~= "table" then fail(name .. ": the options must be a table") end
            local all = { method = method, url = url, body = body }
            for key, value in next, options or {} do all[key] = value end
            return send(all, name, options)
        end

        local http = { request = wrap(function(options) return send(options, "http.request") end) }
        for _, method in next, { "GET", "HEAD", "DELETE" } do
            local name = "http." .. lower(method)
            http[lower(method)] = wrap(function(url, options) return with(name, method, url, nil, options) end)
        end
        for _, method in next, { "POST", "PUT", "PATCH" } do
            local name = "http." .. lower(method)
            http[lower(method)] = wrap(function(url, body, options) return with(name, method, url, body, options) end)
        end
        return http
        """#, hasLines: false)
}
