import Lua

/// The methods of `data.req`, written in Lua as they call back and raise errors like Lua code.
///
/// Receives `json(text)` (value, or nil and a reason), `response(table)`, `query(url, name, all)` (the first value, or
/// a list of all), `cookie(header, name)`, `fields(text)` and `multipart(text, boundary)` (lists of names and values),
/// `parameter(header, name)`; returns the function that finds a method by its name. Swift reads the caller's bytes, so
/// that no Lua pattern does.
enum RequestMethods {
    static let chunk = LuaChunk(
        #"""
        local json, response, query, cookie, fields, parameter, multipart = ...
        local error, next, type = error, next, type
        local find, lower = string.find, string.lower

        local methods = {}

        -- What is wrong with a request is the caller's fault: not caught, it becomes a 400.
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
            if type(name) ~= "string" then error("the name of a header is a string, not a " .. type(name), 3) end
            name = lower(name)
            for key, values in next, self.Headers or {} do
                if lower(key) == name then return type(values) == "table" and values or { values } end
            end
            return {}
        end

        function methods:headers(name)
            local values = headers(self, name)
            return values
        end

        function methods:header(name) return headers(self, name)[1] end

        function methods:cookie(name)
            if type(name) ~= "string" then error("the name of a cookie is a string, not a " .. type(name), 3) end
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

        -- A method called with a dot gets no request; the mistake is told at the caller's line. Fields of other case are
        -- told, too: the host writes Body, not body.
        for name, method in next, methods do
            methods[name] = function(self, ...)
                if type(self) ~= "table" or self.json ~= methods.json then
                    error("write req:" .. name .. "(...) with a colon", 2)
                end
                return method(self, ...)
            end
        end

        local members = {}
        for _, name in next, { "Url", "Method", "Query", "Headers", "Params", "Identities", "Body" } do
            members[lower(name)] = name
        end

        return function(_, name)
            local method = methods[name]
            if method == nil and members[name] then
                error("a request has no field '" .. name .. "'; the host writes it '" .. members[name] .. "'", 2)
            end
            return method
        end
        """#)
}
