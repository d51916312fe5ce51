import HTTP
import JSON
import Lua

/// The methods of `data.req`. They are written in Lua because they call Lua functions and raise errors as Lua code
/// does.
///
/// The chunk receives `json(text)`, which returns the value, or nil and a reason; `response(table)`; `query(url, name,
/// all)`, which returns the first value or a list of all; `cookie(header, name)`; `fields(text)` and `multipart(text,
/// boundary)`, which return lists of names and values; `parameter(header, name)`; `first(request, name)`, which
/// returns the first value in the query, or nothing if the request was changed by the script; `elements(lines, name)`,
/// which returns the elements of a header's lines; and `calls`, the text of a right call of each method. It returns the
/// methods by name. Swift reads the caller's bytes, so that no Lua pattern does.
enum RequestMethods {
    static let chunk = LuaChunk(
        #"""
        local json, response, query, cookie, fields, parameter, multipart, first, elements, calls, wrap, fail = ...
        local error, next, type = error, next, type
        local find, lower = string.find, string.lower

        local methods = {}

        -- A mistake in a request is the caller's fault, so an error that the script does not catch becomes a 400.
        local function refuse(message)
            error(response { statusCode = 400, headers = { ["content-type"] = "text/plain; charset=utf-8" }, body = message })
        end

        function methods:bytes() return self.Body or "" end

        function methods:json()
            if self.Body == nil or self.Body == "" then refuse "the request has no body; send JSON" end
            local value, reason = json(self.Body)
            if reason then refuse("the request body is not JSON: " .. reason) end
            return value
        end

        local function headers(self, name)
            if type(name) ~= "string" then fail("the name of a header must be a string, not a " .. type(name)) end
            name = lower(name)
            for key, values in next, self.Headers or {} do
                if lower(key) == name then return type(values) == "table" and values or { values } end
            end
            return {}
        end

        function methods:headers(name)
            local lines = headers(self, name)
            return elements(lines, lower(name))
        end

        function methods:header(name) return headers(self, name)[1] end

        function methods:cookie(name)
            if type(name) ~= "string" then fail("the name of a cookie must be a string, not a " .. type(name)) end
            for _, header in next, headers(self, "cookie") do
                local value = cookie(header, name)
                if value then return value end
            end
            return nil
        end

        function methods:queries(name) return query(self.Url or "", name, true) end
        function methods:query(name) return query(self.Url or "", name) end

        function methods:form()
            local kind = self:header "content-type" or ""
            local names, values
            if find(lower(kind), "multipart/form-data", 1, true) then
                local boundary = parameter(kind, "boundary")
                if not boundary then refuse "the content type multipart/form-data has no boundary" end
                names, values = multipart(self.Body or "", boundary)
                if not names then refuse(values) end
            else
                names, values = fields(self.Body or "")
            end
            local first, all = {}, {}
            for index = 1, #names do
                local name = names[index]
                if first[name] == nil then first[name], all[name] = values[index], {} end
                all[name][#all[name] + 1] = values[index]
            end
            return first, all
        end

        for name, body in next, methods do
            methods[name] = wrap(function(self, argument)
                if self.json ~= methods.json then fail("call it with a colon: " .. calls[name]) end
                return body(self, argument)
            end, calls[name], name == "query" and first or nil)
        end

        return methods
        """#)

    /// How to call each method.
    static let calls = [
        "bytes": "req:bytes()", "cookie": "req:cookie(name)", "form": "req:form()", "header": "req:header(name)",
        "headers": "req:headers(name)", "json": "req:json()", "queries": "req:queries(name)",
        "query": "req:query(name)",
    ]

    static let members = ["Url", "Method", "Query", "Headers", "Params", "Identities", "Body"]

    /// The `__index` of a request. It finds the request's methods; a field in the wrong case is an error.
    static func index(on stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Int {
        switch try lookUp(on: stack, scope) {
        case .value: return 1
        case .refused: throw .message(stack.string(at: -1) ?? "")
        default:
            stack.pushNil()
            return 1
        }
    }

    /// Finds the method that is named at index 2, for a request that is not filled yet.
    static func find(on stack: LuaStack, _ scope: FunctionVM.Scope) -> Field {
        do throws(LuaError) { return try lookUp(on: stack, scope) } catch { return .unclear }
    }

    private static func lookUp(on stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Field {
        try push(onto: stack, scope)
        stack.pushValue(at: 2)
        if stack.replaceKey(of: -2) != .nil { return .value }
        // The names of the host's fields begin with a capital letter, for example Body.
        guard let name = stack.string(at: 2, upTo: 16), let member = members.first(where: { $0.lowercased() == name })
        else { return .missing }
        stack.push("a request has no field '\(name)'; the host writes it '\(member)'")
        return .refused
    }

    /// Pushes the table of the methods. It is made on first use, because most functions never use it. [+1]
    private static func push(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        if let methods = scope.requestMethods { return stack.push(methods) }
        stack.push(function: "json") { stack throws(LuaError) in
            // An error here only means that the body is not JSON.
            try Modules.readJSON(on: stack, scope) { error throws(LuaError) in
                stack.pushNil()
                stack.push(error.description)
                return 2
            }
        }
        stack.push(function: "response") { stack throws(LuaError) in
            guard let metatables = scope.metatables else {
                throw .message("there is no response before the VM is made")
            }
            stack.setMetatable(at: 1, metatables.httpResponse)
            return 1
        }
        stack.push(function: "query") { stack throws(LuaError) in pushQuery(of: stack) }
        stack.push(function: "cookie") { stack throws(LuaError) in
            let name = try stack.argumentBytes(2)
            let value = stack.withBytes(at: 1) { CookieReader.find(name, in: $0) }
            if let value = value.flatMap(\.self) { stack.push(bytes: value) } else { stack.pushNil() }
            return 1
        }
        stack.push(function: "form") { stack throws(LuaError) in try FormReader.urlEncoded(on: stack) }
        stack.push(function: "parameter") { stack throws(LuaError) in
            let name = try stack.argumentText(2)
            let header =
                stack.withBytes(at: 1) { $0.extracting(first: FormReader.headLimit).withUnsafeBytes { Array($0) } }
                ?? []
            if let value = HeaderParameter.find(name, in: header) { stack.push(bytes: value) } else { stack.pushNil() }
            return 1
        }
        stack.push(function: "form") { stack throws(LuaError) in try FormReader.multipart(on: stack) }
        stack.push(function: "fast") { stack throws(LuaError) in pushFirst(of: stack, scope) }
        stack.push(function: "headers") { stack throws(LuaError) in HeaderElements.push(of: stack) }
        stack.pushTable(hash: calls.count)
        for (name, call) in calls {
            stack.push(call)
            stack.setField(name, of: -2)
        }
        try Modules.run(chunk, arguments: 10, onto: stack)
        stack.pushValue(at: -1)
        scope.requestMethods = stack.reference()
    }

    /// Implements `query(url, name, all)`. Names are compared decoded and with their case.
    private static func pushQuery(of stack: LuaStack) -> Int {
        let listsAll = stack.boolean(at: 3)
        if listsAll {
            stack.pushTable()
            stack.markArray(at: -1)
        }
        var found = 0
        _ = stack.withBytes(at: 2) { name in
            stack.withBytes(at: 1) { url in
                QueryString.forEachField(of: url) { field, value in
                    guard QueryString.isName(field, name) else { return true }
                    found += 1
                    QueryString.push(value, onto: stack)
                    if listsAll { stack.setElement(found, of: -2) }
                    return listsAll
                }
            }
        }
        if found == 0, !listsAll { stack.pushNil() }
        return 1
    }

    /// Pushes the first value of a query field, or nil. It works only for a request that the script has not made itself;
    /// for any other value it returns no results.
    private static func pushFirst(of stack: LuaStack, _ scope: FunctionVM.Scope) -> Int {
        guard stack.type(at: 2) == .string, let metatables = scope.metatables,
            metatables.pushURL(ofRequest: 1, on: stack)
        else {
            return 0
        }
        let url = stack.count
        _ = stack.withBytes(at: 2) { name in
            metatables.withURL(at: url, of: stack) { url in
                QueryString.forEachField(of: url) { field, value in
                    guard QueryString.isName(field, name) else { return true }
                    QueryString.push(value, onto: stack)
                    return false
                }
            }
        }
        if stack.count == url { stack.pushNil() }
        return 1
    }
}
