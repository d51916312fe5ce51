"""Malicious responses to a script's HTTP call. The script must get nil, a message and a kind, and luafunc must
survive."""

from target import attack, expect, function

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
