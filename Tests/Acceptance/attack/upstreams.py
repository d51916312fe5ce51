"""Malicious responses to a script's HTTP call. The script must get nil, a message and a kind, and luafunc must
survive."""

import time

from target import attack, expect, function, megabytes

ANSWERS = {
    "a status of 99": b"HTTP/1.1 99 No\r\nContent-Length: 0\r\n\r\n",
    "a status of 1000": b"HTTP/1.1 1000 No\r\nContent-Length: 0\r\n\r\n",
    "a status of 4 digits and a sign": b"HTTP/1.1 -200 No\r\nContent-Length: 0\r\n\r\n",
    "100 and then nonsense": b"HTTP/1.1 100 Continue\r\n\r\nnonsense\r\n\r\n",
    "1,000 informational heads": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000,
    "endless headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200_000,
    "a chunk of 2^63 bytes": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8000000000000000\r\nx\r\n",
    "a chunk of 2^64 bytes": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nx\r\n",
    "a length of 2^63": b"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n",
    "both lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an early end": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
    "nothing at all": b"",
    "a redirect to port 65536": b"HTTP/1.1 302 F\r\nLocation: http://localhost:65536/\r\nContent-Length: 0\r\n\r\n",
    "a redirect to http://[": b"HTTP/1.1 302 F\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
    "a redirect to another scheme": b"HTTP/1.1 302 F\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
    "a redirect to a socket": b"HTTP/1.1 302 F\r\nLocation: http+unix://%2Frun%2Fx/\r\nContent-Length: 0\r\n\r\n",
    "a redirect in a circle": b"HTTP/1.1 302 F\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
    "a redirect to port 0": b"HTTP/1.1 302 F\r\nLocation: http://localhost:0/\r\nContent-Length: 0\r\n\r\n",
    "a redirect with a line break": b"HTTP/1.1 302 F\r\nLocation: /a\rb\r\nContent-Length: 0\r\n\r\n",
    "two redirects at once": b"HTTP/1.1 302 F\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "gzip that is none": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone",
}


@attack("evil answers to a script's HTTP call")
def answers(stage):
    body = """
        local response, message, kind = require("http").get(data.req.Body, { timeout = 5 })
        return response and "a response" or "nil " .. tostring(kind)"""
    server = stage.serve(function("f", body), "--threads", "1")
    kinds = set()
    for name, text in ANSWERS.items():
        upstream = stage.upstream(lambda connection, text=text: connection.sendall(text))
        reply = server.answers("f", body=f"http://127.0.0.1:{upstream.port}/")
        said = reply.text
        expect("nil " in said and "nil nil" not in said, f"{name}: {said}")
        kinds.add(said.split("nil ")[1].split('"')[0])
    return f"{len(ANSWERS)} answers, each an error: {', '.join(sorted(kinds))}"


# Responses that are valid, and what follows them must not become part of another response.
CALM = {
    "204 with a body": (b"HTTP/1.1 204 No\r\nContent-Length: 4\r\n\r\nevil", "204 "),
    "304 with a body": (b"HTTP/1.1 304 No\r\nContent-Length: 4\r\n\r\nevil", "304 "),
    "two responses at once": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" * 2, "200 ok"),
    "garbage after the body": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\0\0evil", "200 ok"),
    "HTTP/1.0 until the end": (b"HTTP/1.0 200 OK\r\n\r\nok", "200 ok"),
    "a close that is announced": (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", "200 ok"),
}


@attack("responses with something behind them")
def calm(stage):
    body = """
        local http, seen = require "http", {}
        for i = 1, 4 do
            local response, message = http.get(data.req.Body, { timeout = 5, stream = i % 2 == 0 })
            local text = response and response.body or message
            if type(text) == "function" then
                text = ""
                for piece in response:chunks() do text = text .. piece end
            end
            seen[i] = (response and response.status or "nil") .. " " .. text
        end
        return table.concat(seen, ",")"""
    server = stage.serve(function("f", body), "--threads", "1")
    for name, (text, wanted) in CALM.items():
        upstream = stage.upstream(lambda connection, text=text: connection.sendall(text))
        said = server.answers("f", body=f"http://127.0.0.1:{upstream.port}/").text
        expect(",".join([wanted] * 4) in said, f"{name}: {said}")
    return f"{len(CALM)} responses, each as it should be"


def drip(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b"x")
        time.sleep(0.2)


@attack("a server that sends a byte now and then")
def drips(stage):
    upstream = stage.upstream(drip)
    whole = f"""return tostring(select(3, require("http").get("http://127.0.0.1:{upstream.port}/", {{ timeout = 1 }})))"""
    pieces = f"""
        local response = require("http").get("http://127.0.0.1:{upstream.port}/", {{ stream = true, timeout = 1 }})
        for piece in response:chunks() do end"""
    server = stage.serve(function("whole", whole) | function("pieces", pieces, "2s"), "--threads", "1")
    began = time.monotonic()
    server.answers("whole", "timeout")
    server.fails("pieces", "the time limit of 2")
    took = time.monotonic() - began
    expect(took < 30, f"{took:.1f} s")
    return "the whole response timed out; the pieces ended with the invocation"


def flood(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")


@attack("300 endless streams that nobody reads")
def unread_streams(stage):
    upstream = stage.upstream(flood)
    body = f"""
        local http, task, open = require "http", require "task", {{}}
        for i = 1, 300 do
            local response, message = http.get("http://127.0.0.1:{upstream.port}/", {{ stream = true }})
            if not response then return message end
            open[i] = response
        end
        task.sleep(1)
        return "opened all" """
    server = stage.serve(function("f", body, "60s"), "--threads", "1")
    server.answers("f", "opened all")
    server.lives()
    peak = server.memory("VmHWM")
    expect(peak < 200 << 20, f"at most {megabytes(peak)}")
    return f"at most {megabytes(peak)}"


@attack("an endless body for a server that reads nothing")
def endless_upload(stage):
    upstream = stage.upstream(lambda connection: time.sleep(20))
    body = f"""
        local piece = ("x"):rep(1 << 20)
        local response, message, kind = require("http").request {{ url = "http://127.0.0.1:{upstream.port}/",
            method = "POST", body = function() return piece end, timeout = 2 }}
        return tostring(kind)"""
    server = stage.serve(function("f", body, "60s"), "--threads", "1")
    server.answers("f", "timeout")
    peak = server.memory("VmHWM")
    expect(peak < 100 << 20, f"at most {megabytes(peak)}")
    return f"timeout, at most {megabytes(peak)}"


@attack("1,000 requests with long headers or URLs that nobody answers")
def long_heads(stage):
    upstream = stage.upstream(lambda connection: time.sleep(60))
    body = """
        local http, task, long = require "http", require "task", ("x"):rep(60000)
        local url = "http://127.0.0.1:%d/" .. (%s and long or "")
        local headers = %s and {} or { a = long }
        for i = 1, 1000 do task.spawn(function() http.get(url, { headers = headers }) end) end"""
    most = []
    for kind in ("true", "false"):
        server = stage.serve(function("f", body % (upstream.port, kind, kind), "60s"), "--threads", "1")
        server.fails("f", "not enough memory")
        server.lives()
        most.append(server.memory("VmHWM"))
        expect(most[-1] < 150 << 20, f"at most {megabytes(most[-1])}")
    return f"at most {megabytes(max(most))}"


@attack("16 MB of headers in one request")
def many_headers(stage):
    body = """
        local headers, long = {}, ("x"):rep(65000)
        for i = 1, 256 do headers["a" .. i] = long end
        require("http").get("http://127.0.0.1:1/", { headers = headers })"""
    server = stage.serve(function("f", body), "--threads", "1")
    server.fails("f", "at most 256 headers, and 64 KB in all")
    server.lives()
    return "an error"


@attack("requests where nothing can wait")
def stranded(stage):
    body = """
        local http = require "http"
        local proxy = setmetatable({}, { __index = function() http.get("http://127.0.0.1:1/") end })
        for i = 1, 1000000 do pcall(ipairs(proxy), proxy, 0) end"""
    server = stage.serve(function("f", body, "30s"), "--threads", "1")
    server.fails("f", "not enough memory", "the time limit")
    server.lives()
    peak = server.memory("VmHWM")
    expect(peak < 150 << 20, f"at most {megabytes(peak)}")
    return f"at most {megabytes(peak)}"


@attack("a retry without a wait")
def eager_retry(stage):
    upstream = stage.upstream(
        lambda connection: connection.sendall(b"HTTP/1.1 503 No\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"))
    body = f"""
        local response = require("http").get("http://127.0.0.1:{upstream.port}/", {{ retry = {{ attempts = 100, delay = 0 }} }})
        return "status " .. response.status"""
    server = stage.serve(function("f", body), "--threads", "1")
    server.answers("f", "status 503")
    server.lives()
    return "the last status after 100 attempts"


@attack("a retry that would outlive its invocation")
def long_retry(stage):
    upstream = stage.upstream(
        lambda connection: connection.sendall(b"HTTP/1.1 503 No\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"))
    body = f"""
        local response = require("http").get("http://127.0.0.1:{upstream.port}/", {{ retry = {{ maxDelay = 86400 }} }})
        return "status " .. response.status"""
    server = stage.serve(function("f", body), "--threads", "1")
    began = time.monotonic()
    server.answers("f", "status 503")
    took = time.monotonic() - began
    expect(took < 5, f"{took:.1f} s")
    return "the status at once"
