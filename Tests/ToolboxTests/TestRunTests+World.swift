extension TestRunTests {
    /// What a test can give a function, and what stubs can do.
    static let world: [Case] = [
        Case(
            name: "metadata, and the time in it",
            code: #"""
                test("t", function()
                    clock:set "2027-03-01T10:20:30Z"
                    local r = invoke("meta", { input = "x", metadata = { DequeueCount = 3, Id = "mine", own = { a = 1 } } })
                    assert(r.outputs.out == "3 mine 1 2027-03-01T10:20:30", r.outputs.out)
                end)
                test("forwarded", function()
                    clock:set "2027-03-01T10:20:30Z"
                    local r = invoke "order"
                    assert(r.error == nil, r.error)
                end)
                test("http", function() invoke("order", { metadata = { a = 1 } }) end)
                test("long", function()
                    local r = invoke("long", { input = "x", metadata = { Id = ("x"):rep(2000000) } })
                    assert(r.outputs.out == "2000000", r.outputs.out)
                end)
                test("kind", function() invoke("meta", { metadata = { a = print } }) end)
                """#,
            results: [
                ("t", nil), ("forwarded", nil), ("http", "whose request makes the metadata"), ("long", nil),
                ("kind", "metadata.a must be text, a number or a table, not a function"),
            ],
            files: [
                "functions/meta/function.json": #"""
                { "bindings": [ { "name": "message", "type": "queueTrigger", "queueName": "q" },
                    { "name": "out", "type": "queue", "direction": "out", "queueName": "o" } ] }
                """#,
                "functions/long/function.json": #"""
                { "bindings": [ { "name": "message", "type": "queueTrigger", "queueName": "q2" },
                    { "name": "out", "type": "queue", "direction": "out", "queueName": "o" } ] }
                """#,
                "functions/long/handler.lua": "return function(data, m) return { out = tostring(#m.Id) } end",
                "functions/meta/handler.lua": #"""
                return function(data, m)
                    return { out = ("%d %s %d %s"):format(m.DequeueCount, m.Id, m.own.a, m.sys.UtcNow:sub(1, 19)) }
                end
                """#,
            ]),
        Case(
            name: "the time of a forwarded request's metadata",
            code: #"""
                test("t", function()
                    clock:set "2027-03-01T10:20:30Z"
                    local r = invoke "when"
                    assert(r.response.body == "2027-03-01T10:20:30", r.response.body)
                end)
                """#,
            files: [
                "host.json": #"{ "version": "2.0", "customHandler": { "enableForwardingHttpRequest": true } }"#,
                "functions/when/function.json": #"""
                { "bindings": [ { "name": "req", "type": "httpTrigger" }, { "name": "res", "type": "http", "direction": "out" } ] }
                """#,
                "functions/when/handler.lua": "return function(data, m) return m.sys.UtcNow:sub(1, 19) end",
            ]),
        Case(
            name: "a timer that is past due",
            code: #"""
                test("late", function() assert(invoke("tick", { isPastDue = true }).logs[1] == "true") end)
                test("in time", function() assert(invoke("tick").logs[1] == "false") end)
                test("other", function() invoke("ship", { isPastDue = true }) end)
                """#,
            results: [
                ("late", nil), ("in time", nil), ("other", "isPastDue is for timers; 'ship' has a queueTrigger"),
            ],
            files: [
                "functions/tick/function.json":
                    #"{ "bindings": [ { "name": "timer", "type": "timerTrigger", "schedule": "0 0 * * * *" } ] }"#,
                "functions/tick/handler.lua": "return function(data) print(data.timer.IsPastDue) end",
            ]),
        Case(
            name: "each kind of failure",
            code: #"""
                local http = require "http"
                local kinds = { refused = "connect", closed = "network" }
                for _, kind in ipairs { "dns", "connect", "tls", "timeout", "limit", "redirect", "http", "network", "refused", "closed" } do
                    test(kind, function()
                        stub.http("https://a.example/", { error = kind })
                        local answer, message, got = http.get "https://a.example/"
                        assert(answer == nil and got == (kinds[kind] or kind), got)
                        assert(kind ~= "dns" or message:find("'a.example'", 1, true), message)
                    end)
                end
                test("other", function() stub.http("https://a.example/", { error = "conect" }) end)
                """#,
            results: ["dns", "connect", "tls", "timeout", "limit", "redirect", "http", "network", "refused", "closed"]
                .map { ($0, nil) } + [("other", "did you mean 'connect'?")]),
        Case(
            name: "a wrong name of the status or the body",
            code: #"""
                local http = require "http"
                test("response", function() return invoke("order").response.status end)
                test("stub", function() stub.http("https://a.example/", { statusCode = 200 }) end)
                test("client", function()
                    stub.http "https://a.example/"
                    return http.get("https://a.example/").statusCode
                end)
                test("text", function() return invoke("order").response.text end)
                test("unknown", function() assert(invoke("order").response.other == nil) end)
                """#,
            results: [
                ("response", "did you mean 'statusCode'?"), ("stub", "did you mean 'status'?"),
                ("client", "did you mean 'status'?"), ("text", "did you mean 'body'?"), ("unknown", nil),
            ]),
        Case(
            name: "stubs and settings that take memory",
            code: #"""
                local large = ("x"):rep(20 << 20)
                test("stubs", function() for i = 1, 1000 do stub.http("https://a.example/" .. i, { body = large }) end end)
                test("replies", function()
                    local list = {}
                    for i = 1, 1000 do list[i] = { body = large } end
                    stub.http("https://a.example/", list)
                end)
                test("settings", function() for i = 1, 1000 do stub.env("S" .. i, large) end end)
                test("after", function() stub.http("https://a.example/", { body = large }) end)
                """#,
            results: [
                ("stubs", "not enough memory"), ("replies", "not enough memory"), ("settings", "not enough memory"),
                ("after", nil),
            ]),
        Case(
            name: "settings take memory once, those of the top level in every test",
            code: #"""
                local large = ("x"):rep(20 << 20)
                stub.env("A", large)
                test("first", function() return large .. large end)
                test("second", function() return large .. large end)
                test("again", function() for i = 1, 20 do stub.env("A", large) end end)
                test("by turns", function() for i = 1, 20 do stub.env("A", i % 2 == 0 and large or nil) end end)
                test("without it", function() stub.env("A", nil) return large .. large end)
                """#,
            results: [
                ("first", "not enough memory"), ("second", "not enough memory"), ("again", nil), ("by turns", nil),
                ("without it", nil),
            ]),
        Case(
            name: "all unknown outputs are named",
            code: #"""
                test("t", function()
                    local error = invoke("odd", "x").error
                    assert(error:find("'log' and 'respons' (did you mean 'response'?) are not outputs of this function", 1, true), error)
                end)
                """#,
            files: [
                "functions/odd/function.json": #"""
                { "bindings": [ { "name": "m", "type": "queueTrigger", "queueName": "q" },
                    { "name": "response", "type": "queue", "direction": "out", "queueName": "o" } ] }
                """#,
                "functions/odd/handler.lua":
                    "local make = function(t) return t end return function() return make { respons = 1, log = 2 } end",
            ]),
    ]
}
