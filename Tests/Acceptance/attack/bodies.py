"""Attacks that fill memory: bodies, responses, JSON, downloads, and memory that is never freed."""

import json
import threading
import time

from target import HTTP, Broken, answer, attack, eventually, expect, function, megabytes, payload

KEPT = 32 << 20  # how much memory a process may keep after a body of 200 MB


def flat(megabyte):
    return "[" + "0," * (megabyte << 19) + "0]"


@attack("3,000 pipelined GETs of a 1 MB answer, which nobody reads")
def pipelined(stage):
    server = stage.serve(
        function("f", "return ('x'):rep(1 << 20)"), "--threads", "1",
        host={"version": "2.0", "customHandler": {"enableForwardingHttpRequest": True}})
    before = server.memory()
    with server.connect() as connection:
        request = f"GET /api/f HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
        connection.settimeout(2)
        try:
            for _ in range(3000):
                connection.sendall(request)
        except OSError:
            pass  # luafunc stops reading
        time.sleep(1)
        server.lives()
        held = server.memory() - before
    expect(held < 32 << 20, f"one connection holds {megabytes(held)}")
    return f"one connection holds {megabytes(held)}"


@attack("200 callers that read nothing of 8 MB")
def unread(stage):
    server = stage.serve(
        function("f", "return ('x'):rep(8 << 20)"), "--threads", "1",
        host={"version": "2.0", "customHandler": {"enableForwardingHttpRequest": True}})
    connections = [server.connect() for _ in range(200)]
    for connection in connections:
        connection.sendall(f"GET /api/f HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
    time.sleep(3)
    held = server.memory()
    ping = server.invoke("ping")
    for connection in connections:
        connection.close()
    expect(held < 400 << 20, f"they hold {megabytes(held)}")
    eventually(lambda: server.memory() < 64 << 20, f"{megabytes(server.memory())} stay", 20)
    server.lives()
    return f"they hold {megabytes(held)}, then {megabytes(server.memory())}; ping meanwhile {ping.status}"


@attack("a body of 200 MB to each of ten functions, which ignore it")
def large_bodies(stage):
    files = {}
    for number in range(10):
        files |= function(f"f{number}", "return 'ignored'")
    server = stage.serve(files, "--threads", "1")
    body = payload("x" * (200 << 20))
    reasons = set()
    for number in range(10):
        reply = server.ask(f"/f{number}", body)
        reasons.add(reply.status)
        server.lives()
    eventually(lambda: server.memory() < KEPT, f"{megabytes(server.memory())} stay", 20)
    return f"status {sorted(reasons)}, at most {megabytes(server.memory('VmHWM'))}, then {megabytes(server.memory())}"


@attack("a body larger than the function's memory, before a byte of it came")
def too_large(stage):
    host = {"version": "2.0", "customHandler": {"enableForwardingHttpRequest": True}}
    server = stage.serve(function("f", "return 'got it'", memory_limit="4MB"), "--threads", "1", host=host)
    with server.connect() as connection:
        connection.sendall(server.head("/api/f", 100 << 20))
        reply = answer(connection)
    expect(reply.status == 413, f"status {reply.status}")
    server.lives()
    return f"413, “{reply.reason[:80]}”"


@attack("200 MB from the real host to a function of 4 MB")
def drained(stage):
    server = stage.serve(function("f", "return 'got it'", memory_limit="4MB"), "--threads", "1")
    reply = server.ask("/f", payload("x" * (200 << 20)), headers={"X-Azure-Functions-HostVersion": "4.1037.0.0"})
    peak = server.memory("VmHWM")
    expect(reply.status == 200 and "4 MB" in reply.text, f"status {reply.status} {reply.text[:200]}")
    expect(peak < 48 << 20, f"at most {megabytes(peak)}")
    server.lives()
    return f"“{reply.text[:80]}”, at most {megabytes(peak)}"


@attack("a flat array of 50 MB as JSON")
def flat_array(stage):
    server = stage.serve(function("f", "return #data.req:json()"), "--threads", "1")
    reply = server.ask("/f", payload(flat(28)))
    expect("is not JSON" not in reply.reason, reply.reason[:200])
    server.lives()
    peak = server.memory("VmHWM")
    expect(peak < 400 << 20, f"it holds {megabytes(peak)}")
    return f"status {reply.status}, “{reply.reason[:80]}”, at most {megabytes(peak)}"


@attack("a flat array of 50 MB in the metadata, which is touched")
def metadata(stage):
    server = stage.serve(function("f", "return tostring(metadata.x ~= nil)"), "--threads", "1")
    body = '{"Data":{"req":{"Method":"GET","Url":"http://x/","Body":""}},"Metadata":{"x":%s}}' % flat(28)
    reply = server.ask("/f", body.encode())
    server.lives()
    peak = server.memory("VmHWM")
    expect(peak < 400 << 20, f"it holds {megabytes(peak)}")
    return f"status {reply.status}, “{reply.reason[:80]}”, at most {megabytes(peak)}"


@attack("a JSON object of 21 MB under a time limit of 1 s")
def large_object(stage):
    server = stage.serve(function("f", "return data.req:json().a", "1s", "512MB"), "--threads", "1")
    text = "{" + ",".join(f'"k{number}":{number}' for number in range(1_500_000)) + ',"a":1}'
    reply = server.ask("/f", payload(text))
    server.lives()
    return f"status {reply.status}, “{reply.reason[:80]}”"


SHARED = "local t = {} for i = 1, 24 do t = { t, t } end "


@attack("errors that are tables of 2^24 shared tables")
def shared_errors(stage):
    server = stage.serve(function("f", SHARED + "error(t)", "5s"), "--threads", "1")
    reply = server.invoke("f")
    server.lives()
    peak = server.memory("VmHWM")
    expect(reply.status == 500 and peak < 200 << 20, f"status {reply.status}, at most {megabytes(peak)}")
    return f"“{reply.reason[:80]}”, at most {megabytes(peak)}"


@attack("http.post of 2^24 shared tables")
def shared_posts(stage):
    upstream = stage.upstream(lambda connection: connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n"))
    body = SHARED + f"return tostring(select(2, require('http').post('http://127.0.0.1:{upstream.port}/', t)))"
    server = stage.serve(function("f", body, "5s"), "--threads", "1")
    reply = server.invoke("f")
    server.lives()
    peak = server.memory("VmHWM")
    expect(peak < 200 << 20, f"status {reply.status}, at most {megabytes(peak)}")
    return f"“{reply.reason[:80]}”, at most {megabytes(peak)}"


def endless(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b"x" * 1_000_000)


@attack("http.get with a limit of 1 GB")
def one_download(stage):
    upstream = stage.upstream(endless)
    body = f"return tostring(select(2, require('http').get('http://127.0.0.1:{upstream.port}/', {{ limit = 1 << 30 }})))"
    server = stage.serve(function("f", body), "--threads", "1")
    reply = server.invoke("f")
    server.lives()
    peak = server.memory("VmHWM")
    expect(peak < 200 << 20, f"status {reply.status}, at most {megabytes(peak)}")
    return f"“{reply.reason[:100]}”, at most {megabytes(peak)}"


@attack("40 downloads beside each other")
def downloads(stage):
    upstream = stage.upstream(
        lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 24000000\r\n\r\n" + b"x" * 24_000_000))
    body = f"""
        local http, task = require "http", require "task"
        local calls = {{}}
        for i = 1, 40 do calls[i] = function() return http.get("http://127.0.0.1:{upstream.port}/", {{ limit = 30 << 20 }}) end end
        return #{{ task.all(calls) }}"""
    server = stage.serve(function("f", body), "--threads", "1")
    reply = server.invoke("f")
    server.lives()
    peak = server.memory("VmHWM")
    expect(peak < 300 << 20, f"status {reply.status}, at most {megabytes(peak)}")
    return f"status {reply.status}, “{reply.reason[:80]}”, at most {megabytes(peak)}"


@attack("200,000 tasks that end at once")
def ended_tasks(stage):
    body = """
        local task = require "task"
        for i = 1, 200000 do task.spawn(function() end):join() end
        return "joined" """
    server = stage.serve(function("f", body, "30s"), "--threads", "1")
    server.answers("f", "joined")
    peak = server.memory("VmHWM")
    expect(peak < 64 << 20, f"at most {megabytes(peak)}")
    return f"at most {megabytes(peak)}"


@attack("require of 20,000 names that do not exist")
def missing_modules(stage):
    body = 'for i = 1, 2000 do pcall(require, "missing" .. (data.req.Body or "") .. i) end return "asked"'
    server = stage.serve(function("f", body, "30s"), "--threads", "1")
    server.answers("f", "asked")
    before = server.memory()
    for round in range(9):
        server.answers("f", "asked", body=f"x{round}x")
    grown = server.memory() - before
    expect(grown < 8 << 20, f"it has grown by {megabytes(grown)}")
    return f"grown by {megabytes(grown)}"


@attack("a stream of 300,000 tasks that nobody joins")
def streamed_tasks(stage):
    body = """
        local task = require "task"
        return { body = function(write)
          for i = 1, 300000 do
            task.spawn(function() end)
            if i % 100 == 0 then task.sleep(0) end
          end
          write "written"
        end }"""
    host = {"version": "2.0", "customHandler": {"enableProxyingHttpRequest": True}}
    server = stage.serve(function("f", body, "30s", "16MB"), "--threads", "1", host=host)
    server.answers("f", "written")
    peak = server.memory("VmHWM")
    expect(peak < 64 << 20, f"at most {megabytes(peak)}")
    return f"at most {megabytes(peak)}"


@attack("start: 1 GB through a proxied function")
def proxied(stage):
    body = """
        return { body = function(write)
          local piece = ("x"):rep(1 << 20)
          for i = 1, 1024 do write(piece) end
        end }"""
    host = {"version": "2.0", "customHandler": {"enableProxyingHttpRequest": True}}
    server = stage.start(function("f", body, "60s"), host=host)
    with server.connect() as connection:
        connection.sendall(f"GET /api/f HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        count = 0
        while count < 1 << 30:
            data = connection.recv(1 << 20)
            if not data:
                break
            count += len(data)
    peak = server.memory("VmHWM")
    expect(peak < 128 << 20, f"the host holds {megabytes(peak)}")
    server.lives()
    expect(count >= 1 << 30, f"{megabytes(count)} of 1024 came")
    return f"the host holds at most {megabytes(peak)}"


@attack("start: 20,000 invocations under an endless functionTimeout")
def watched(stage):
    host = {"version": "2.0", "functionTimeout": "-1"}
    server = stage.start({}, host=host)

    def calls(count):
        with server.connect() as connection:
            for _ in range(count):
                connection.sendall(server.head("/api/ping", 0, "GET"))
                expect(answer(connection).status == 200, "a ping fails")

    calls(3000)
    before = server.memory()
    calls(20000)
    grown = server.memory() - before
    expect(grown < 8 << 20, f"it has grown by {megabytes(grown)}")
    return f"grown by {megabytes(grown)}"
