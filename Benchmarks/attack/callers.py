"""What a caller sends to hold up the others: headers, forms, and answers that are large to write."""

import statistics
import time

from target import attack, expect, function, payload

HOLD = 1.0  # seconds of CPU that one such request may take


def cost(stage, body, request, headers=None, most=HOLD):
    """Seconds of CPU that the function takes for it, with others served meanwhile."""
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
                {"Cookie": "a" + " " * 60_000 + "b"}, most=0.2)


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
