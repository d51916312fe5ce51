import Lua

/// The methods of `data.req`, in Lua because they call back and raise as Lua code does.
///
/// Receives `json(text)` (value, or nil and a reason), `decode(text)` (percent-decoding, plus is a space),
/// `response(table)` and `query(url, name, all)` (the first value, or a list of all); returns what finds a method by its
/// name.
enum RequestMethods {
    static let chunk = LuaChunk(
        #"""
        local json, decode, response, query = ...
        local error, next, type = error, next, type
        local find, gmatch, lower, match, sub = string.find, string.gmatch, string.lower, string.match, string.sub

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

        -- As it is in the header: what cookies hold beyond plain characters is up to whoever set them.
        function methods:cookie(name)
            for _, header in next, headers(self, "cookie") do
                for field in gmatch(header, "[^;]+") do
                    local found, value = match(field, "^%s*([^=]*)=(.-)%s*$")
                    if found == name then return value end
                end
            end
            return nil
        end

        local function pairs_of(text)
            local names, values = {}, {}
            for field in gmatch(text, "[^&]+") do
                local name, value = match(field, "^([^=]*)=?(.*)$")
                names[#names + 1], values[#values + 1] = decode(name), decode(value)
            end
            return names, values
        end

        local function select_values(name, names, values)
            local found = {}
            for index = 1, #names do
                if names[index] == name then found[#found + 1] = values[index] end
            end
            return found
        end

        function methods:queries(name) return query(self.Url or "", name, true) end
        function methods:query(name) return query(self.Url or "", name) end

        local function parameter(header, name)
            return match(header, ";%s*" .. name .. '="([^"]*)"') or match(header, ";%s*" .. name .. "=([^;%s]+)")
        end

        -- One part of a multipart body: a text, or a table for a file.
        local function part(text)
            local head, body = match(text, "^(.-)\r\n\r\n(.*)$")
            if not head then return nil end
            local headers = {}
            for name, value in gmatch(head .. "\r\n", "([^:\r\n]+):%s*([^\r\n]*)\r\n") do headers[lower(name)] = value end
            local disposition = headers["content-disposition"] or ""
            local name, filename = parameter(disposition, "name"), parameter(disposition, "filename")
            if filename then
                body = { filename = filename, contentType = headers["content-type"] or "application/octet-stream", body = body }
            end
            return name, body
        end

        local function multipart(body, boundary)
            local names, values = {}, {}
            body = "\r\n" .. body
            local delimiter = "\r\n--" .. boundary
            local _, from = find(body, delimiter, 1, true)
            while from do
                if sub(body, from + 1, from + 2) == "--" then return names, values end
                local first, last = find(body, delimiter, from + 1, true)
                if not first then break end
                local _, line = find(body, "\r\n", from + 1, true)
                local name, value = part(sub(body, line + 1, first - 1))
                if name then names[#names + 1], values[#values + 1] = name, value end
                from = last
            end
            refuse "the multipart body is cut off: its closing boundary is missing"
        end

        function methods:form()
            local kind = self:header "content-type" or ""
            local names, values
            if find(lower(kind), "multipart/form-data", 1, true) then
                local boundary = parameter(kind, "boundary")
                if not boundary then refuse "the content type multipart/form-data has no boundary" end
                names, values = multipart(self.Body or "", boundary)
            else
                names, values = pairs_of(self.Body or "")
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

        local fields = {}
        for _, name in next, { "Url", "Method", "Query", "Headers", "Params", "Identities", "Body" } do
            fields[lower(name)] = name
        end

        return function(_, name)
            local method = methods[name]
            if method == nil and fields[name] then
                error("a request has no field '" .. name .. "'; the host writes it '" .. fields[name] .. "'", 2)
            end
            return method
        end
        """#)
}
