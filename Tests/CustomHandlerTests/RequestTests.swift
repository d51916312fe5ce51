import Foundation
import HTTP1
import TestSupport
import Testing

@testable import CustomHandler

/// Tests the parts of a handler's arguments that are made on first access.
@Suite struct RequestTests {
    private static let queries = [
        ("?a=1&a=2", "a", "1,2"), ("?b=1", "a", ""), ("", "a", ""), ("?", "", ""),
        ("?a", "a", ""), ("?a=", "a", ""), ("?&&a=1&&a=b=c&", "a", "1,b=c"), ("?=3", "", "3"),
        ("?a%62=x+y%21&ab=%zz", "ab", "x y!,%zz"), ("?A=1", "a", ""), ("?a+b=1", "a b", "1"),
        ("?a=1?a=2", "a", "1?a=2"),
    ]

    @Test(arguments: queries)
    func `query and queries read the URL`(_ query: String, _ name: String, _ values: String) async throws {
        #expect(try await Self.handlers.value.request(Self.readsQuery(name), query) == values)
    }

    private static func readsQuery(_ name: String) -> String {
        """
        function(data)
            local all = data.req:queries "\(name)"
            assert(data.req:query "\(name)" == all[1] and data.req:query(nil) == nil)
            return table.concat(all, ",")
        end
        """
    }

    private static let headers = [
        // One line of a host that forwards, and two lines of one that does not.
        (["x-a: 1, 2"], "x-a", "1|2"), (["x-a: 1", "X-A: 2"], "X-a", "1|2"), (["x-a: 1, 2", "x-a: 3"], "x-a", "1|2|3"),
        (["accept: text/html;q=0.5 ,, */* ,"], "accept", "text/html;q=0.5|*/*"),
        ([#"if-none-match: W/"a,b", "c\",d""#], "if-none-match", #"W/"a,b"|"c\",d""#),
        (["x-a: a, \"b, c"], "x-a", "a|\"b, c"), (["x-a:"], "x-a", ""), (["x-a: ,"], "x-a", "none"),
        ([], "x-a", "none"),
        (["date: Wed, 21 Oct 2026 07:28:00 GMT"], "Date", "Wed, 21 Oct 2026 07:28:00 GMT"),
        (["user-agent: A (b, c)"], "user-agent", "A (b, c)"), (["set-cookie: a=1, b"], "set-cookie", "a=1, b"),
        (["x-ms-client-principal-name: Lovelace, Ada"], "x-ms-client-principal-name", "Lovelace, Ada"),
    ]

    private static let readsHeaders = """
        function(data)
            local name = data.req:query "name"
            local all = data.req:headers(name)
            if #all == 0 then return "none" end
            return table.concat(all, "|") .. " from " .. data.req:header(name)
        end
        """

    @Test(arguments: headers)
    func `headers splits the lines of a list, header does not`(
        _ lines: [String], _ name: String, _ values: String
    ) async throws {
        let fields = lines.map { line in
            let name = line.prefix { $0 != ":" }
            return (String(name), line.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces))
        }
        let text = try await Self.handlers.value.request(
            Self.readsHeaders, "?name=\(name)", headers: HTTPFields(fields))
        #expect(text == (values == "none" ? "none" : "\(values) from \(fields.first?.1 ?? "")"))
    }

    private static let emptyLists = ["req:queries 'none'", "req:headers 'none'", "req:headers 'x-empty'"]

    @Test(arguments: emptyLists)
    func `a list without values is a list in JSON`(_ expression: String) async throws {
        let text = try await Self.handlers.value.request(Self.encodes(expression), headers: ["x-empty": ","])
        #expect(text == "[]")
    }

    private static func encodes(_ expression: String) -> String {
        "function(data) local req = data.req return require('json').encode(\(expression)) end"
    }

    @Test func `the fragment of a URL that a script has changed is not read as a query`() async throws {
        let app = try Self.app("data.req.Url = 'http://x/?a=1#?a=2&a=3' return #data.req:queries 'a'")
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        #expect(try await handler.request("/api/f").text == "1")
    }

    private static let parameters = [
        ("function(...) return select('#', ...) .. type((select(3, ...))) end", "3table"),
        ("function(data, metadata, ...) return select('#', ...) .. type(metadata.sys) end", "1table"),
        ("function(_, metadata) return type(metadata.Headers) end", "table"),
        ("function(data) return data.req.Method end", "GET"),
        ("function() return 'none' end", "none"),
        ("function(...) local data = ... return type(data.req) end", "table"),
        ("coroutine.wrap(function(...) return select('#', ...) end)", "3"),
    ]

    /// A handler gets only the arguments that it takes.
    @Test(arguments: parameters)
    func `a handler may have any number of parameters`(_ handler: String, _ expected: String) async throws {
        let handlers = try await Self.handlers.value
        #expect(try await handlers.request(handler) == expected)
        let payload = #"{"Data":{"req":{"Method":"GET"}},"Metadata":{"sys":{},"Headers":{}}}"#
        #expect(try await handlers.invoke(handler, payload).contains("\"body\":\"\(expected)\""))
    }

    private static let aboutRequests = [
        "req:query 'a' == '1' and req:query 'b' == 'x y' and req:query 'c' == nil",
        "(function() req.Url = 'http://y/?a=2' return req:query 'a' == '2' end)()",
        "(function() req.Url = nil return req:query 'a' == nil end)()",
        "(function() local r = setmetatable({}, { __index = req }) return r:query 'a' == '1' end)()",
        "not pcall(req.query, 'a') and not pcall(req.query) and not pcall(req.json)",
        "select(2, pcall(function() return req.body end)):find \"the host writes it 'Body'\" ~= nil",
        "req.Method == 'GET' and req.method2 == nil and req.Other == nil",
        "req.Headers == req.Headers and req.Query == req.Query and req.Params == req.Params",
        "(function() req.Query = nil return req.Query == nil and req:query 'a' == '1' end)()",
        "(function() req.Extra = 5 return req.Extra == 5 and req:query 'a' == '1' and req.json ~= nil end)()",
        "(function() local m = req.Method req.Method = nil return m == 'GET' and req.Method == nil end)()",
        "req.Body == nil and req:bytes() == '' and req[1] == nil and req[true] == nil",
        "(function() local n = 0 for _ in pairs(req) do n = n + 1 end return n >= 5 end)()",
    ]

    /// Each expression must be true with both protocols, for a request of which nothing has been accessed before.
    @Test(arguments: aboutRequests)
    func `a request is the same whichever part is accessed first`(_ expression: String) async throws {
        let handlers = try await Self.handlers.value
        #expect(try await handlers.request(Self.looksAtRequest(expression), "?a=1&b=x+y") == "true")
        let payload =
            #"{"Data":{"req":{"Url":"http://x/api/f?a=1&b=x+y","Method":"GET","Query":{"a":"1"},"Headers":{"A":["1"]},"Params":{}}},"Metadata":{}}"#
        let text = try await handlers.invoke(Self.looksAtRequest(expression), payload)
        #expect(text.contains("\"body\":\"true\""), "\(text)")
    }

    private static func looksAtRequest(_ expression: String) -> String {
        "function(data) local req = data.req return tostring(\(expression)) end"
    }

    private static let aboutTexts = [
        "v.items[50].none == json.null and v.items[50].n == 50", "v.none == json.null and v.missing == nil",
        "#v.items == 100 and v.items == v.items and v.big.key7 == 7 and v.big.none == json.null",
        "#json.encode(v) == #json.encode(json.decode(json.encode(v)))",
        "(function() local n = 0 for k, x in pairs(v) do n = n + 1 end return n == 4 end)()",
        "(function() v.none = nil v.big.none = 1 return v.none == nil and v.big.none == 1 end)()",
        "select(2, pcall(json.decode, text .. ' x')) == select(2, pcall(json.decode, '[]' .. (' '):rep(#text - 2) .. ' x'))",
        "#json.encode(json.decode('{\"a\":[],\"b\":{},\"c\":\"' .. ('x'):rep(2000) .. '\"}')) == 2022",
    ]

    /// Each expression must be true of `v`, a decoded text of some kilobytes of which nothing has been accessed before.
    @Test(arguments: aboutTexts)
    func `a decoded text is the same whichever part is accessed first`(_ expression: String) async throws {
        #expect(try await Self.handlers.value.request(Self.looksAtText(expression)) == "true")
    }

    private static func looksAtText(_ expression: String) -> String {
        """
        function()
            local json = require "json"
            local items, big = {}, {}
            for i = 1, 100 do items[i] = '{"n":' .. i .. ',"none":null,"list":[1,null]}' big[i] = '"key' .. i .. '":' .. i end
            local text = '{"items":[' .. table.concat(items, ",") .. '],"none":null,"big":{' .. table.concat(big, ",")
                .. ',"none":null},"text":"\\\\u00e9\\\\n"}'
            local v = json.decode(text)
            return tostring(\(expression))
        end
        """
    }

    /// A script may keep its arguments and access them long after the invocation has ended.
    @Test(arguments: [
        "kept.context.invocationId .. kept.context.functionName .. kept.context.hostVersion",
        "kept.data.req.Headers['X-Azure-Functions-InvocationId'][1] .. kept.data.req.Query.n",
        "kept.metadata.Query.n .. kept.metadata.Headers['X-Azure-Functions-HostVersion']",
    ])
    func `values kept from an earlier invocation do not change`(_ text: String) async throws {
        let app = try Self.app(
            "if kept then return \(text) end kept = { data = data, metadata = metadata, context = context }",
            before: "kept = false")
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        func headers(_ id: String) -> HTTPFields {
            ["X-Azure-Functions-InvocationId": id, "X-Azure-Functions-HostVersion": "4.1"]
        }
        _ = try await handler.request("/api/f?n=1", headers: headers("first"))
        let text = try await handler.request("/api/f?n=2", headers: headers("second")).text
        #expect(["firstf4.1", "first1", "14.1"].contains(text))
    }

    @Test func `an invocation without an id from the host gets one, the same everywhere`() async throws {
        let app = try Self.app(
            "return context.invocationId .. ' ' .. context.invocationId .. ' ' .. tostring(data.req.Headers['X-Azure-Functions-InvocationId'])"
        )
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        let parts = try await handler.request("/api/f").text.split(separator: " ")
        #expect(parts.count == 3 && parts[0].count == 36 && parts[0] == parts[1] && parts[2] == "nil")
    }

    @Test func `iterating over a context visits all of its fields`() async throws {
        let app = try Self.app(
            "local names = {} for name in pairs(context) do names[#names + 1] = name end table.sort(names) return table.concat(names, ' ')"
        )
        let handler = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        let text = try await handler.request("/api/f", headers: ["traceparent": "00-1"]).text
        #expect(text == "functionName invocationId traceparent")
        let early = try Self.app("return tostring(context.deadline() > 0) .. tostring(getmetatable(context))")
        let other = try await InProcessHandler(root: early.folder.path, settings: InProcessHandler.forwarding)
        #expect(try await other.request("/api/f").text == "truefalse")
    }

    /// The handlers of the tests that have tables of handlers.
    private static let handlers = Task {
        try await Handlers(
            queries.map { readsQuery($0.1) } + parameters.map(\.0) + aboutRequests.map(looksAtRequest)
                + aboutTexts.map(looksAtText) + emptyLists.map(encodes) + [readsHeaders])
    }

    private static func app(_ code: String, before: String = "") throws -> TemporaryApp {
        try app(handler: "function(data, metadata, context) \(code) end", before: before)
    }

    private static func app(handler: String, before: String = "") throws -> TemporaryApp {
        try TemporaryApp([
            "f/function.json": TemporaryApp.httpFunction, "f/handler.lua": "\(before) return \(handler)",
        ])
    }
}

/// Handlers in one app, each in its own function, for both protocols.
private struct Handlers {
    /// The names of the functions, by the texts of their handlers.
    private let names: [String: String]
    /// The app must be kept, because its scripts are read on first use.
    private let app: TemporaryApp
    private let forwarded: InProcessHandler
    private let hosted: InProcessHandler

    init(_ handlers: [String]) async throws {
        names = Dictionary(uniqueKeysWithValues: Set(handlers).enumerated().map { ($1, "f\($0)") })
        var files: [String: String] = [:]
        for (handler, name) in names {
            files["\(name)/function.json"] = TemporaryApp.httpFunction
            files["\(name)/handler.lua"] = "return \(handler)"
        }
        app = try TemporaryApp(files)
        forwarded = try await InProcessHandler(root: app.folder.path, settings: InProcessHandler.forwarding)
        hosted = try await InProcessHandler(root: app.folder.path)
    }

    /// The handler's response to a caller's own request.
    func request(_ handler: String, _ query: String = "", headers: HTTPFields = [:]) async throws -> String {
        try await forwarded.request("/api/\(#require(names[handler]))\(query)", headers: headers).text
    }

    /// The handler's response payload.
    func invoke(_ handler: String, _ payload: String) async throws -> String {
        try await hosted.invoke(#require(names[handler]), payload).text
    }
}
