"""Attacks of a caller that delay others: headers, forms, and responses that are expensive to write."""

from target import HTTP, attack, expect, function, milliseconds, waits

HOLD = 1.0  # the most seconds of CPU that one such request may take


def cost(stage, body, request, headers=None, most=HOLD):
    """Sends one request and checks the CPU time that it took. Others must still be served afterwards."""
    server = stage.serve(
        function("f", body), "--threads", "1",
        host={"version": "2.0", "customHandler": {"enableForwardingHttpRequest": True}})
    server.ask("/api/f", b"", headers={})
    began = server.cpu_exact()
    reply = server.ask("/api/f", request, headers=headers)
    used = server.cpu_exact() - began
    server.lives()
    expect(used < most, f"{used:.2f} s of CPU, status {reply.status}")
    return f"{1000 * used:.0f} ms of CPU, status {reply.status}"


@attack("a cookie of 60 KB of spaces")
def cookie(stage):
    return cost(stage, "return tostring(data.req:cookie('x'))", b"",
                {"Cookie": "x=" + " \t" * 30_000 + "b; y=" }, most=0.2)


@attack("a multipart part with one line of 50 KB of spaces")
def part(stage):
    head = b"Content-Disposition: form-data; name=a" + b" " * 50_000 + b"b"
    body = b"--b\r\n" + head + b"\r\n\r\nx\r\n--b--\r\n"
    return cost(stage, "return tostring(pcall(data.req.form, data.req))", body,
                {"Content-Type": "multipart/form-data; boundary=b"}, most=0.2)


@attack("a multipart body of 100,000 parts")
def parts(stage):
    body = b"".join(b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' for _ in range(100_000)) + b"--b--\r\n"
    return cost(stage, "return tostring(pcall(data.req.form, data.req))", body,
                {"Content-Type": "multipart/form-data; boundary=b"}, most=2)


@attack("multipart names of 10 MB of quotes, escapes and encoded words")
def names(stage):
    texts = [b'"\\' * 7_000, b'\\"' * 7_000, b'";a="' * 3_000, b"=?utf-8?q?a?= " * 1_000, b"=?utf-8?B?" * 1_500, b"%22" * 5_000, b";" * 15_000]
    heads = [b'--b\r\nContent-Disposition: form-data; name=a; filename="' + text + b'"\r\n\r\n\r\n' for text in texts * 100]
    return cost(stage, "return tostring(pcall(data.req.form, data.req))", b"".join(heads) + b"--b--\r\n",
                {"Content-Type": "multipart/form-data; boundary=b"}, most=2)


@attack("a form of 10 MB of separators")
def separators(stage):
    return cost(stage, "return tostring(pcall(data.req.form, data.req))", b"&=" * (5 << 20),
                {"Content-Type": "application/x-www-form-urlencoded"}, most=2)


@attack("base64.encodeURL of 10 MB")
def base64(stage):
    return cost(stage, "return #require('base64').encodeURL(('x'):rep(10 << 20))", b"", most=0.5)


@attack("262,144 printed line breaks")
def breaks(stage):
    return cost(stage, "print(('\\n'):rep(1 << 18)) return 'printed'", b"", most=0.5)


@attack("an answer of 20 MB of escapes as JSON")
def escapes(stage):
    return cost(stage, "return { body = { x = ('\\1'):rep(3 << 20) } }", b"", most=0.5)


@attack("deflated and encoded texts of 20 MB")
def texts(stage):
    body = """
        local s = ("a b"):rep(5 << 20)
        require("url").decode(require("url").encode(s:sub(1, 5 << 20)))
        require("crypto").sha512(s)
        return "done" """
    return cost(stage, body, b"", most=2)


PATTERNS = {
    "^(a+)+$": "a" * 29 + "1",
    "^((a+)+)$": "a" * 40 + "!",
    "(a+)+$": "a" * 40 + "!",
    r"^(\w+\s?)*$": "%C3%A9" * 60 + "!",
    "^(a|aa)+$": "a" * 8000 + "!",
    "[^x]*y": "a" * 60_000,
    "^(.*)*$x": "a" * 2000,
}


@attack("paths that a route's pattern would take for ever")
def patterns(stage):
    files = {}
    for number, pattern in enumerate(PATTERNS):
        route = "f%d/{name:regex(%s)}" % (number, pattern)
        files |= function(f"f{number}", "return 'found'",
                          bindings={"bindings": [HTTP["bindings"][0] | {"route": route}, HTTP["bindings"][1]]})
    server = stage.serve(
        files, "--threads", "1", host={"version": "2.0", "customHandler": {"enableForwardingHttpRequest": True}})
    most = 0
    for number, value in enumerate(PATTERNS.values()):
        for _ in range(5):
            began = server.cpu_exact()
            reply = server.ask(f"/api/f{number}/{value}", method="GET")
            most = max(most, 1000 * (server.cpu_exact() - began))
            expect(reply.status == 404, f"{value[:20]}: {reply.status}")
    server.lives()
    expect(most < 30, f"{most:.0f} ms of CPU for one path")
    told = sum("takes too many steps" in line for line in list(server.lines))
    expect(1 <= told <= len(PATTERNS), f"told {told} times")
    return f"at most {most:.1f} ms of CPU for one path; {told} lines in the log"


LONG = {
    "base64.encode": "require('base64').encode(s)",
    "base64.encodeURL": "require('base64').encodeURL(s)",
    "base64.decode": "require('base64').decode(s)",
    "url.encode": "require('url').encode(s)",
    "url.decode": "require('url').decode(s)",
    "crypto.sha256": "require('crypto').sha256(s)",
    "crypto.hmac": "require('crypto').hmac('sha512', 'key', s)",
    "crypto.md5": "require('crypto').md5(s)",
    "crypto.pbkdf2": "require('crypto').pbkdf2 { password = 'x', salt = 'y', iterations = 600000 }",
    "crypto.aesGcm": "require('crypto').aesGcm.open(('k'):rep(32), require('crypto').aesGcm.seal(('k'):rep(32), s))",
    "json.encode": "require('json').encode(s)",
    "json.decode": "require('json').decode('[\"' .. s .. '\"]')",
    "string.rep": "('xyz'):rep(10 << 20)",
    "gsub": "s:gsub('x', 'y')",
    "table.concat": "(function() local t = {} for i = 1, 1 << 20 do t[i] = 'xxxx' end return table.concat(t) end)()",
    "print": "print(('\\n'):rep(262144))",
}


@attack("long work of a module beside small calls")
def long_work(stage):
    files = {}
    for number, call in enumerate(LONG.values()):
        files |= function(f"f{number}", f"local s = ('xxxx'):rep(4 << 20) for i = 1, 3 do local _ = {call} end return 'done'",
                          "30s", "256MB")
    server = stage.serve(files, "--threads", "1")
    most = {}
    for number, name in enumerate(LONG):
        connection = server.send(f"f{number}")
        stage.made.append(connection.close)
        most[name] = waits(server, connection)
    told = f"most CPU burnt while a small call waits, in ms: {milliseconds(most)}"
    expect(max(most.values()) <= 0.05, told)
    return told


def posted(stage, server, bodies, most_seconds):
    """Posts each body to the function while small calls are made. No small call may wait for more CPU time than
    that."""
    most = {}
    for name, text in bodies.items():
        connection = server.send_body("f", text.encode())
        stage.made.append(connection.close)
        most[name] = waits(server, connection)
    told = f"most CPU burnt while a small call waits, in ms: {milliseconds(most)}"
    expect(max(most.values()) <= most_seconds, told)
    return told


@attack("metadata of large bodies beside small calls")
def long_metadata(stage):
    bodies = {
        "200,000 members": "{" + ",".join(f'"k{i}":"v"' for i in range(200_000)) + "}",
        "objects": '{"list":[' + '{"id":1,"name":"x"},' * 500_000 + "0]}",
        "text": '{"a":"' + "x" * 10_000_000 + '"}',
    }
    server = stage.serve(
        function("f", "return tostring(metadata.a)", "60s", "512MB"), "--threads", "1",
        host={"version": "2.0", "customHandler": {"enableForwardingHttpRequest": True}})
    return posted(stage, server, bodies, 0.15)


@attack("payloads of 20 MB beside small calls")
def long_payloads(stage):
    payloads = {
        "objects": '{"Data":{"data":[' + '{"id":1,"name":"x","tags":["a","b"]},' * 500_000 + '0]},"Metadata":{}}',
        "numbers": '{"Data":{"data":[' + "1234567," * 2_500_000 + '0]},"Metadata":{}}',
        "JSON in a string": '{"Data":{"data":"[' + '{\\"id\\":1},' * 1_500_000 + '0]"},"Metadata":{}}',
        "text": '{"Data":{"data":"' + "x" * 20_000_000 + '"},"Metadata":{}}',
        "metadata": '{"Data":{"data":"x"},"Metadata":{' + ",".join(f'"k{i}":"{i}"' for i in range(200_000)) + "}}",
    }
    server = stage.serve(function("f", "return 'done'", "60s", "512MB"), "--threads", "1")
    return posted(stage, server, payloads, 0.1)
