extension TestRunTests {
    static let files = [
        "host.json": #"{ "version": "2.0" }"#,
        "lib/price.lua": "return { total = function(n) return n * 2 end }",
        "functions/order/function.json": #"""
        { "bindings": [
            { "name": "req", "type": "httpTrigger", "methods": ["get", "post"], "route": "order/{id?}" },
            { "name": "$return", "type": "http", "direction": "out" } ] }
        """#,
        "functions/order/handler.lua": #"""
        local http, task, time = require "http", require "task", require "time"
        local count = 0
        return function(data)
            local req = data.req
            local body = req.Body and #req.Body > 0 and req:json() or {}
            local what = body.what or req:query "what"
            count = count + 1
            if what == "count" then return { body = { count = count } } end
            if what == "log" then print("one\ntwo") print "three" return { body = "logged" } end
            if what == "fail" then error "no such order" end
            if what == "sleep" then task.sleep(body.seconds) return { body = tostring(time.now()) } end
            if what == "loop" then while true do end end
            if what == "never" then
                local a, b
                a = task.spawn(function() task.sleep(0) return b:join() end)
                b = task.spawn(function() task.sleep(0) return a:join() end)
                return a:join()
            end
            if what == "endless" then
                local piece = ("x"):rep(1 << 20)
                return { body = function(write) while true do write(piece) end end }
            end
            if what == "globals" then
                return { body = { test = type(rawget(_G, "test")), invoke = type(rawget(_G, "invoke")),
                    stub = type(rawget(_G, "stub")) } }
            end
            if what == "get" then
                local answer, message, kind, details = http.get(body.url, body.options)
                if not answer then return { status = 502, body = { kind = kind, attempts = details.attempts } } end
                return { status = answer.status, headers = { ["x-kind"] = answer.headers["content-type"] }, body = answer.body }
            end
            if what == "env" then return { body = os.getenv(body.name) or "none" } end
            return { status = 201, headers = { ["X-Id"] = req.Params.id or "none" }, body = { method = req.Method, what = what } }
        end
        """#,
        "functions/ship/function.json": #"""
        { "bindings": [
            { "name": "message", "type": "queueTrigger", "queueName": "orders" },
            { "name": "label", "type": "blob", "direction": "in", "path": "labels/{queueTrigger}" },
            { "name": "out", "type": "queue", "direction": "out", "queueName": "shipped" },
            { "name": "$return", "type": "blob", "direction": "out", "path": "receipts/{rand-guid}" } ] }
        """#,
        "functions/ship/handler.lua": #"""
        return function(data)
            print("shipping", data.message)
            if data.message == "many" then return { out = { "a", "b" } } end
            return { out = data.message .. "!", ["$return"] = data.label or "no label" }
        end
        """#,
        "functions/broken/function.json":
            #"{ "bindings": [ { "name": "m", "type": "queueTrigger", "queueName": "q" } ] }"#,
        "functions/broken/handler.lua": "error 'it does not load'",
    ]

    static let cases: [Case] = [
        Case(name: "a test passes", code: #"test("t", function() assert(true) end)"#),
        Case(
            name: "an error fails a test and not the others",
            code: #"""
                test("a", function() end)
                test("b", function() error "boom" end)
                test("c", function() error { code = 5 } end)
                test("d", function() local x = nil; return x.y end)
                test("e", function() end)
                """#,
            results: [
                ("a", nil), ("b", "boom"), ("c", #"{"code":5}"#), ("d", "attempt to index a nil value"), ("e", nil),
            ]),
        Case(
            name: "groups give names",
            code: #"""
                describe("orders", function() describe("new", function() test("t", function() end) end) end)
                """#, results: [("orders: new: t", nil)]),
        Case(
            name: "a file that does not compile", code: "test(", results: [], failure: "unexpected symbol"),
        Case(name: "a file that fails", code: "error 'at the top'", results: [], failure: "at the top"),
        Case(name: "a file without tests", code: "local x = 1", results: [], failure: "has no tests"),
        Case(
            name: "two tests of one name", code: #"test("t", function() end) test("t", function() end)"#, results: [],
            failure: "two tests named 't'"),
        Case(
            name: "a test in a test", code: #"test("t", function() test("u", function() end) end)"#,
            results: [("t", "cannot be called in a test")]),
        Case(
            name: "skip", code: #"test("t", function() pcall(skip, "not today") error "x" end)"#,
            results: [("t", "skipped: not today")]),
        Case(
            name: "invoking an HTTP function",
            code: #"""
                test("t", function()
                    local r = invoke("order", { body = { what = "hat" }, params = { id = "7" } })
                    assert(r.error == nil, r.error)
                    assert(r.response.statusCode == 201)
                    assert(r.response.headers["x-id"] == "7" and r.response.headers["X-ID"] == "7")
                    assert(r.response:json().method == "POST" and r.response:json().what == "hat")
                    assert(#r.warnings == 0, r.warnings[1])
                    r = invoke("order", { method = "GET", query = { what = "a b" } })
                    assert(r.response:json().what == "a b" and r.response:json().method == "GET")
                    r = invoke("order", { url = "/api/order/9?what=x", method = "GET" })
                    assert(r.response.headers["x-id"] == "9")
                end)
                """#),
        Case(
            name: "invoking a queue function",
            code: #"""
                test("t", function()
                    local r = invoke("ship", "box")
                    assert(r.error == nil, r.error)
                    assert(r.outputs.out == "box!", r.outputs.out)
                    assert(r.outputs["$return"] == "no label" and r.returnValue == "no label", r.returnValue)
                    assert(#r.logs == 1 and r.logs[1] == "shipping\tbox", r.logs[1])
                    r = invoke("ship", { input = "box", inputs = { label = "fragile" } })
                    assert(r.outputs["$return"] == "fragile", r.outputs["$return"])
                    r = invoke("ship", "many")
                    assert(#r.outputs.out == 2 and r.outputs.out[2] == "b")
                    assert(r.response == nil)
                end)
                """#),
        Case(
            name: "a failing function",
            code: #"""
                test("t", function()
                    local r = invoke("order", { body = { what = "fail" } })
                    assert(r.error:find("functions/order/handler.lua:%d+: no such order"), r.error)
                    assert(r.response.statusCode == 500)
                    assert(table.concat(r.traceback, "\n"):find("handler.lua:%d+: in function"), r.traceback[1])
                    local s = invoke("broken", "x")
                    assert(s.error:find("it does not load"), s.error)
                end)
                test("unknown", function() invoke("ordr") end)
                test("option", function() invoke("order", { bdy = 1 }) end)
                test("input", function() invoke("ship", { inputs = { lable = "x" } }) end)
                """#,
            results: [
                ("t", nil), ("unknown", "did you mean 'order'"), ("option", "did you mean 'body'"),
                ("input", "did you mean 'label'"),
            ]),
        Case(
            name: "logs in their order",
            code: #"""
                test("t", function()
                    local r = invoke("order", { body = { what = "log" } })
                    assert(table.concat(r.logs, ",") == "one,two,three", table.concat(r.logs, ","))
                end)
                """#),
        Case(
            name: "functions keep their VM within a file, and no test sees another file's",
            code: #"""
                test("a", function() assert(invoke("order", { body = { what = "count" } }).response:json().count == 1) end)
                test("b", function() assert(invoke("order", { body = { what = "count" } }).response:json().count == 2) end)
                """#, results: [("a", nil), ("b", nil)]),
        Case(
            name: "several invocations at once",
            code: #"""
                local task = require "task"
                test("t", function()
                    local calls = {}
                    for i = 1, 20 do
                        calls[i] = function() return invoke("order", { body = { what = "sleep", seconds = i } }) end
                    end
                    local start = clock:now()
                    for _, r in ipairs(task.all(calls)) do assert(r.response.statusCode == 200, r.error) end
                    assert(clock:now() - start == 20, clock:now() - start)
                end)
                """#),
        Case(
            name: "the clock",
            code: #"""
                local task, time, uuid = require "task", require "time", require "uuid"
                test("t", function()
                    assert(time.format(clock:now()) == "2026-01-15T12:00:00Z")
                    assert(time.now() == clock:now() and os.time() == clock:now())
                    assert(os.date("!%Y-%m-%d") == "2026-01-15")
                    local before, m, c = time.now(), time.monotonic(), os.clock()
                    for i = 1, 100000 do end
                    assert(time.now() == before, "the clock moves while code runs")
                    task.sleep(3600)
                    assert(time.now() == before + 3600 and time.monotonic() - m == 3600 and os.clock() - c == 3600)
                    clock:advance(86400)
                    assert(os.time() == before + 90000)
                    clock:set "2030-02-03T04:05:06Z"
                    assert(time.format() == "2030-02-03T04:05:06Z")
                    assert(uuid.v7():sub(1, 8) == "0192" .. "" or uuid.v7():sub(1, 2) == "01")
                    clock:set(0)
                    assert(os.time() == 0)
                end)
                test("wrong", function() clock:set "tomorrow" end)
                test("dot", function() clock.advance(1) end)
                test("text", function() clock:advance "x" end)
                """#,
            results: [
                ("t", nil), ("wrong", "clock:set"), ("dot", "colon"),
                ("text", "clock:advance takes seconds of 0 or more"),
            ]),
        Case(
            name: "advancing fires what becomes due, in order",
            code: #"""
                local task = require "task"
                test("t", function()
                    local order = {}
                    local a = task.spawn(function() task.sleep(5) order[#order + 1] = "five" task.sleep(3) order[#order + 1] = "eight" end)
                    local b = task.spawn(function() task.sleep(7) order[#order + 1] = "seven" end)
                    clock:advance(6)
                    assert(table.concat(order, " ") == "five", table.concat(order, " "))
                    clock:advance(10)
                    assert(table.concat(order, " ") == "five seven eight", table.concat(order, " "))
                    a:join() b:join()
                end)
                """#),
        Case(
            name: "a function's time limit by the clock",
            code: #"""
                test("t", function()
                    local start = clock:now()
                    local r = invoke("order", { body = { what = "sleep", seconds = 100000 } })
                    assert(r.error:find("time limit of"), r.error)
                    assert(clock:now() - start == 295, clock:now() - start)
                end)
                """#),
        Case(
            name: "stubs",
            code: #"""
                local http = require "http"
                local lasting = stub.http("https://api.example/file", { status = 203 })
                test("a", function()
                    local s = stub.http("GET https://api.example/x", { status = 200, headers = { ["X-A"] = "1" }, body = { ok = true } })
                    local r = assert(http.get("https://api.example/x", { headers = { accept = "text/x" } }))
                    assert(r.status == 200 and r:json().ok and r.headers["x-a"] == "1")
                    assert(r.headers["content-type"] == "application/json")
                    assert(#s.calls == 1 and s.calls[1].method == "GET" and s.calls[1].url == "https://api.example/x")
                    assert(s.calls[1].headers.Accept == "text/x")
                    local p = stub.http("POST https://api.example/*", { { status = 500 }, { status = 201 } })
                    assert(http.post("https://api.example/a/b?c=d", { n = 1 }).status == 500)
                    assert(http.post("https://api.example/a", "text").status == 201)
                    assert(http.post("https://api.example/a", "text").status == 201)
                    assert(p.calls[1]:json().n == 1 and p.calls[2].body == "text" and #p.calls == 3)
                    local f = stub.http("https://api.example/f*", function(request)
                        assert(request.method == "PUT", 'request.method == "PUT"')
                        return { body = request.body:upper() }
                    end)
                    assert(http.put("https://api.example/f/1", "abc").body == "ABC")
                    assert(not http.get("https://api.example/f/2"))
                end)
                test("b", function()
                    assert(http.get("https://api.example/file").status == 203)
                    assert(#lasting.calls == 1)
                end)
                test("c", function() http.get("https://api.example/x") end)
                test("d", function() invoke("order", { body = { what = "get", url = "https://other.example/y?z=1" } }) end)
                test("e", function() stub.http("GET nowhere", {}) end)
                test("f", function() stub.http("GET https://a.example/", { staus = 200 }) end)
                test("g", function()
                    stub.http("https://a.example/", function() error "in the stub" end)
                    http.get("https://a.example/")
                end)
                """#,
            results: [
                ("a", #"request.method == "PUT""#), ("b", nil),
                ("c", #"the test sent GET https://api.example/x, for which the test has no stub"#),
                ("d", #"function 'order' sent GET https://other.example/y?z=1"#), ("e", "is not a URL"),
                ("f", "did you mean 'status'"), ("g", "in the stub"),
            ]),
        Case(
            name: "retries, delays and errors of stubs",
            code: #"""
                local http = require "http"
                test("t", function()
                    local start = clock:now()
                    local s = stub.http("https://a.example/", { { status = 503 }, { error = "closed" }, { status = 200, body = "done" } })
                    local r = assert(http.get("https://a.example/", { retry = { attempts = 3, delay = 2, backoff = 2 } }))
                    assert(r.body == "done" and #s.calls == 3)
                    assert(clock:now() - start == 6, clock:now() - start)
                    start = clock:now()
                    stub.http("https://slow.example/", { delay = 20, body = "late" })
                    assert(http.get("https://slow.example/").body == "late" and clock:now() - start == 20)
                    local ok, message, kind = http.get("https://slow.example/", { timeout = 5 })
                    assert(not ok and kind == "timeout", kind)
                    for error, expected in pairs { refused = "connect", dns = "dns", tls = "tls", timeout = "timeout", closed = "network" } do
                        stub.http("https://bad.example/", { error = error })
                        local ok, message, kind = http.get("https://bad.example/")
                        assert(ok == nil and kind == expected, error .. " " .. tostring(kind) .. tostring(message))
                    end
                    stub.http("https://from.example/", { status = 302, headers = { location = "https://to.example/x" } })
                    stub.http("https://to.example/x", { body = "there" })
                    assert(http.get("https://from.example/").body == "there")
                    stub.http("https://big.example/", { body = ("x"):rep(100000) })
                    local stream, total = assert(http.get("https://big.example/", { stream = true })), 0
                    for piece in stream:chunks() do total = total + #piece end
                    assert(total == 100000)
                    local up = stub.http("POST https://up.example/", {})
                    local left = 3
                    assert(http.post("https://up.example/", function() left = left - 1; if left >= 0 then return "ab" end end))
                    assert(up.calls[1].body == "ababab")
                end)
                """#),
        Case(
            name: "settings",
            code: #"""
                test("a", function()
                    assert(os.getenv "COLOUR" == "red")
                    stub.env("COLOUR", "blue")
                    assert(invoke("order", { body = { what = "env", name = "COLOUR" } }).response.body == "blue")
                    stub.env("COLOUR", nil)
                    assert(os.getenv "COLOUR" == nil)
                end)
                test("b", function() assert(os.getenv "COLOUR" == "red") end)
                """#, results: [("a", nil), ("b", nil)], settings: ["COLOUR": "red"]),
        Case(
            name: "a function does not see the globals of tests",
            code: #"""
                test("t", function()
                    local seen = invoke("order", { body = { what = "globals" } }).response:json()
                    assert(seen.test == "nil" and seen.invoke == "nil" and seen.stub == "nil")
                end)
                """#),
        Case(
            name: "a test requires modules of lib",
            code: #"test("t", function() assert(require("price").total(2) == 4) end)"#),
        Case(
            name: "os.exit ends the file, even in pcall", code: "pcall(os.exit, 0) error 'not reached'",
            results: [("functions/order/order_test.lua", nil)]),
        Case(
            name: "os.exit with a failure", code: "print 'two failed' os.exit(2)",
            results: [("functions/order/order_test.lua", "os.exit(2)")]),
        Case(
            name: "os.exit in a test", code: #"test("a", function() os.exit(0) end) test("b", function() end)"#,
            results: [("a", "os.exit(0) was called in a test"), ("b", nil)]),
        Case(
            name: "a memory bomb",
            code: #"""
                test("a", function() local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end end)
                test("b", function() local t = {} for i = 1, 1000 do t[i] = i end end)
                """#, results: [("a", "not enough memory"), ("b", nil)]),
        Case(
            name: "invocations and stubs at the top of the file",
            code: #"""
                local http = require "http"
                stub.http("https://a.example/", { body = "a" })
                local r = invoke("order", { body = { what = "get", url = "https://a.example/" } })
                test("t", function()
                    assert(r.response.body == "a", r.error)
                    assert(http.get("https://a.example/").body == "a")
                end)
                """#),
        Case(
            name: "a handler that swallows the failure of an unstubbed call",
            code: #"""
                test("t", function()
                    local r = invoke("order", { body = { what = "get", url = "https://a.example/", options = { retry = { attempts = 3 } } } })
                    assert(r.error == nil and r.response.statusCode == 502)
                end)
                """#, results: [("t", "function 'order' sent GET https://a.example/")]),
        Case(
            name: "a test ends after what it has called",
            code: #"""
                local task = require "task"
                test("a", function()
                    local call = task.spawn(function()
                        return invoke("order", { body = { what = "get", url = "https://a.example/" } })
                    end)
                    task.sleep(0)
                    call:cancel()
                end)
                test("b", function() end)
                """#, results: [("a", "https://a.example/"), ("b", nil)]),
        Case(
            name: "a file is read while the clock waits",
            code: #"""
                local task, time = require "task", require "time"
                test("t", function()
                    local start = time.now()
                    local sleeper = task.spawn(function() task.sleep(1) end)
                    for line in io.lines "lib/price.lua" do assert(line:find "total") end
                    assert(time.now() == start, "the clock has jumped")
                    sleeper:join()
                    assert(time.now() == start + 1)
                end)
                """#),
        Case(
            name: "a token by the clock",
            code: #"""
                local jwt = require "jwt"
                test("t", function()
                    local secret = ("k"):rep(32)
                    local token = jwt.sign({ iss = "me", exp = clock:now() + 60 }, { secret = secret })
                    assert(jwt.verify(token, { secret = secret, issuer = "me", leeway = 0 }))
                    clock:advance(61)
                    local claims, message, kind = jwt.verify(token, { secret = secret, issuer = "me", leeway = 0 })
                    assert(claims == nil and message:find "expired 1 seconds ago", message)
                end)
                """#),
        Case(
            name: "a test that yields", code: #"test("t", function() coroutine.yield() end) test("u", function() end)"#,
            results: [("t", "yield"), ("u", nil)]),
    ]
}
