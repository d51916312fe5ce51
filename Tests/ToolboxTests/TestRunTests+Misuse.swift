extension TestRunTests {
    static let misuse: [Case] = [
        Case(
            name: "a wait that never ends fails its test, and the others go on",
            code: #"""
                local task = require "task"
                test("handler", function() invoke("order", { body = { what = "never" } }) end)
                test("stub", function()
                    stub.http("https://a.example/", function()
                        local a, b
                        a = task.spawn(function() task.sleep(0) return b:join() end)
                        b = task.spawn(function() task.sleep(0) return a:join() end)
                        return a:join()
                    end)
                    invoke("order", { body = { what = "get", url = "https://a.example/" } })
                end)
                test("after", function()
                    assert(invoke("order", { body = { what = "hat" } }).response.statusCode == 201)
                end)
                """#,
            results: [
                ("handler", "did not end within 0.2 seconds"), ("stub", "did not end within 0.2 seconds"),
                ("after", nil),
            ],
            files: ["host.json": #"{ "version": "2.0", "functionTimeout": "-1" }"#], limit: .milliseconds(200)),
        Case(
            name: "os.exit with a failure after tests are registered", code: #"test("t", function() end) os.exit(3)"#,
            failure: "os.exit(3)"),
        Case(
            name: "bodies without an end",
            code: #"""
                local http = require "http"
                test("response", function()
                    local r = invoke("order", { body = { what = "endless" } })
                    assert(r.error:find "the response body is larger than 100 MB", r.error)
                end)
                test("request", function()
                    local piece = ("x"):rep(1 << 20)
                    stub.http("POST https://a.example/", {})
                    local answer, message = http.post("https://a.example/", function() return piece end)
                    assert(not answer and message:find "the request body is larger than 100 MB", message)
                end)
                """#,
            results: [("response", nil), ("request", nil)],
            files: [
                "host.json": #"{ "version": "2.0", "customHandler": { "enableForwardingHttpRequest": true } }"#
            ]),
        Case(
            name: "the requests that stubs keep are forgotten after their test",
            code: #"""
                local http = require "http"
                for number = 1, 12 do
                    test("t" .. number, function()
                        stub.http("POST https://a.example/", {})
                        assert(http.post("https://a.example/", ("x"):rep(8 << 20)))
                    end)
                end
                """#,
            results: (1...12).map { (name: "t\($0)", message: String?.none) }),
        Case(
            name: "a request that no caller can send",
            code: #"""
                test("header", function() invoke("order", { headers = { a = "b\r\nc: d" } }) end)
                test("name", function() invoke("order", { headers = { ["a: b"] = "c" } }) end)
                test("path", function() invoke("order", { url = "/api/order HTTP/1.1\r\na: b\r\nc: " }) end)
                test("query", function() invoke("order", { url = "/api/order?a=b c" }) end)
                test("query text", function() invoke("order", { query = "a=b\r\n" }) end)
                test("host", function() invoke("order", { url = "https://a\r\nb: c/api/order" }) end)
                test("method", function() invoke("order", { method = "GET /" }) end)
                test("payload", function() invoke("ship", { payload = "{}", input = "x" }) end)
                test("right", function()
                    local url = "https://a.example/api/order/9?what=https://b.example/#part"
                    local r = invoke("order", { method = "get", url = url, headers = { a = "b: c" } })
                    assert(r.response.headers["x-id"] == "9" and r.response:json().what == "https://b.example/")
                    r = invoke("order", { method = "GET", url = "/api/order/8?what=https://b.example/" })
                    assert(r.response.headers["x-id"] == "8", r.error)
                    r = invoke("order", { method = "GET", url = "https://a.example" })
                    assert(r.error:find "no function takes", r.error)
                end)
                """#,
            results: [
                ("header", "is not a header such as"), ("name", "'a: b' is not the name of a header"),
                ("path", "is not a path such as"), ("query", "is not a query such as"),
                ("query text", "is not a query such as"), ("host", "is not a header such as"),
                ("method", "is not a method such as"), ("payload", "payload is the whole event; leave out input"),
                ("right", nil),
            ]),
        Case(
            name: "a group whose function fails does not stay",
            code: #"""
                describe("orders", function()
                    assert(not pcall(describe, "broken", function() error "x" end))
                    test("t", function() end)
                end)
                """#, results: [("orders: t", nil)]),
        Case(
            name: "a stub's pattern has a host in capitals and the usual port",
            code: #"""
                local http = require "http"
                test("t", function()
                    stub.http("HTTPS://API.Example:443/Orders/*", { body = "a" })
                    assert(http.get("https://api.example/Orders/7").body == "a")
                end)
                test("path", function()
                    stub.http("https://api.example/orders/*", {})
                    http.get("https://api.example/Orders/7")
                end)
                """#, results: [("t", nil), ("path", "has no stub")]),
        Case(
            name: "a stub's function that returns nothing",
            code: #"""
                test("t", function()
                    stub.http("https://a.example/", function() end)
                    require("http").get("https://a.example/")
                end)
                """#,
            results: [("t", "the stub's function returned nothing; return a reply such as { status = 200 }")]),
    ]
}
