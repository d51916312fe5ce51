"""Attacks through the files that functions read and serve: paths, links, pipes, ranges, and files that change."""

import json
import os
import threading
import time

from target import HTTP, Broken, answer, attack, eventually, expect, function, megabytes

FORWARDING = {"version": "2.0", "customHandler": {"enableForwardingHttpRequest": True}}
SITE = 'local http = require "http" return function(data) return http.file(data.req.Params.path, { root = "public" }) end'
SECRET = "the secret"


def site(memory_limit="16MB"):
    bindings = {"bindings": [HTTP["bindings"][0] | {"route": "site/{*path}"}, HTTP["bindings"][1]]}
    secrets = {path: SECRET for path in (
        ".env", "local.settings.json", "lib/secret.lua", "public/.env", "public/handler.lua", "public/local.settings.json",
        "public/deep/function.json", "private/key.pem")}
    return function("site", SITE, memory_limit=memory_limit, bindings=bindings) | secrets | {"public/a.txt": "public"}


def serve(stage, prepare=lambda folder: None, *arguments, **options):
    app = stage.app(site(**options), FORWARDING)
    prepare(app.folder)
    return app.folder, stage.run(app, *arguments).wait()


def begin(server, path):
    """Begins a request. The caller must read the response."""
    connection = server.connect()
    connection.sendall(server.head(f"/api/site/{path}", 0, "GET"))
    return connection


TRAVERSALS = [
    "../private/key.pem", "..%2fprivate%2fkey.pem", "%2e%2e/private/key.pem", "%2e%2e%2fprivate%2fkey.pem",
    "%252e%252e%252fprivate%252fkey.pem", "..%5cprivate%5ckey.pem", "....//private/key.pem", "..;/private/key.pem",
    "%c0%ae%c0%ae/private/key.pem", "%2f%2fetc%2fpasswd", "/etc/passwd", "a.txt%00/../../private/key.pem",
    "a.txt/../../private/key.pem", "./../private/key.pem", ".env", "%2eenv", "handler.lua", "HANDLER.LUA", "handler.lua%00.txt",
    "deep/function.json", "local.settings.json", "link/key.pem", "absolute", "script.txt", "self/../../private/key.pem",
    "self/self/self/.env", "proc", "x" * 60_000, "a/" * 30_000, "%2e%2e%2f" * 5_000,
]


@attack("paths that lead out of a served folder")
def traversal(stage):
    def prepare(folder):
        for link, target in (("link", "../private"), ("absolute", "/etc/passwd"), ("script.txt", "handler.lua"), ("self", "."),
                             ("proc", "/proc/self/environ")):
            os.symlink(target, folder / "public" / link)
    _, server = serve(stage, prepare)
    statuses = set()
    for path in TRAVERSALS:
        reply = server.ask(f"/api/site/{path}", method="GET")
        expect(SECRET not in reply.text and "root:" not in reply.text, f"{path[:60]}: {reply.text[:100]}")
        expect(reply.status in (400, 404, 414, 431), f"{path[:60]}: {reply.status} {reply.text[:100]}")
        statuses.add(reply.status)
    server.lives()
    return f"{len(TRAVERSALS)} paths: {sorted(statuses)}"


@attack("a served folder that is swapped for a link while files are read")
def swapped(stage):
    folder, server = serve(stage, lambda folder: os.symlink("private", folder / "link"))
    (folder / "private" / "a.txt").write_text(SECRET)
    ends = threading.Event()

    def swap():
        while not ends.is_set():
            for old, new in (("public", "spare"), ("link", "public"), ("public", "link"), ("spare", "public")):
                os.rename(folder / old, folder / new)

    # The link inside the app is followed when it has the name of the root, so here it leads out of the app.
    os.unlink(folder / "link")
    outside = stage.app({"a.txt": SECRET}).folder
    os.symlink(outside, folder / "link")
    thread = threading.Thread(target=swap, daemon=True)
    thread.start()
    found = 0
    try:
        for _ in range(2000):
            reply = server.ask("/api/site/a.txt", method="GET")
            expect(SECRET not in reply.text, "the secret was served")
            found += reply.status == 200
    finally:
        ends.set()
        thread.join()
    server.lives()
    return f"2,000 requests, {found} found the file"


@attack("pipes, devices and sockets in a served folder")
def pipes(stage):
    def prepare(folder):
        os.mkfifo(folder / "public" / "pipe")
        os.mkfifo(folder / "public" / "index.html")
    _, server = serve(stage, prepare)
    for path in ("pipe", "", "index.html") * 50:
        began = time.monotonic()
        expect(server.ask(f"/api/site/{path}", method="GET").status == 404, path)
        expect(time.monotonic() - began < 5, f"{path} took too long")
    server.lives()
    return "404, at once"


@attack("a file of 2 GB, asked for by 200 callers who do not read")
def huge(stage):
    def prepare(folder):
        with open(folder / "public" / "huge.bin", "wb") as file:
            file.truncate(2 << 30)
    _, server = serve(stage, prepare)
    server.lives()
    connections = [begin(server, "huge.bin") for _ in range(200)]
    try:
        time.sleep(5)
        server.lives()
        memory = server.memory()
        expect(memory < 400 << 20, f"{megabytes(memory)} of memory")
    finally:
        for connection in connections:
            connection.close()
    eventually(lambda: server.ask("/api/site/a.txt", method="GET").status == 200, "no file is served any more")
    return f"{megabytes(memory)} of memory"


@attack("ranges: overlapping, huge, negative, a thousand of them")
def ranges(stage):
    _, server = serve(stage)
    values = ["bytes=" + ",".join(["0-"] * 1000), "bytes=0-" + "9" * 5000, "bytes=" + "9" * 5000 + "-", "bytes=-" + "9" * 5000,
              "bytes=--5", "bytes=5-1", "bytes=" + "0-0," * 5000, "bytes=0x1-0x2", "bytes=-0", "bytes=\xff", "bytes",
              "bytes=9223372036854775807-9223372036854775807", "bytes=18446744073709551616-"]
    for value in values:
        reply = server.ask("/api/site/a.txt", method="GET", headers={"Range": value})
        expect(reply.status in (200, 206, 416), f"{value[:40]}: {reply.status}")
        expect(reply.body in (b"public", b""), f"{value[:40]}: {reply.body[:50]}")
    for value in ('"' * 5000, 'W/' * 5000, "," * 20000, '"a",' * 5000):
        expect(server.ask("/api/site/a.txt", method="GET", headers={"If-None-Match": value}).status == 200, value[:40])
    server.lives()
    return f"{len(values)} ranges"


@attack("a file that shrinks, grows or is replaced while it is sent")
def changing(stage):
    def prepare(folder):
        with open(folder / "public" / "huge.bin", "wb") as file:
            file.truncate(100 << 20)
    folder, server = serve(stage, prepare)
    file = folder / "public" / "huge.bin"
    for change in (lambda: os.truncate(file, 10), lambda: os.truncate(file, 101 << 20), lambda: os.unlink(file)):
        with open(file, "wb") as opened:
            opened.truncate(100 << 20)
        with begin(server, "huge.bin") as connection:
            connection.recv(100)
            change()
            try:
                answer(connection)
                raise Broken("the response was complete")
            except Broken as reason:
                expect("the connection ended" in str(reason) or "no answer" in str(reason), str(reason))
        server.lives()
    return "the connection is closed each time"


@attack("20,000 open files that are never closed")
def handles(stage):
    body = """
        local files = {}
        for index = 1, 1000 do files[index] = assert(io.open "data/a.txt") files[index]:read(1) end
        keep = keep or {}
        keep[#keep + 1] = files
        return "opened " .. #keep * 1000"""
    script = f"keep = {{}} return function(data)\n{body}\nend"
    server = stage.serve(function("f", script) | {"data/a.txt": "text"}, host=FORWARDING)
    for _ in range(20):
        server.invoke("f")
    count = len(os.listdir(f"/proc/{server.process.pid}/fd"))
    expect(count < 200, f"{count} descriptors")
    server.lives()
    return f"{count} descriptors"


@attack("a file of 4 GB, read with every format under a limit of 16 MB")
def greedy(stage):
    formats = ['"a"', '"l"', '"L"', '"n"', "1 << 40", '"a", "a"']
    files = {}
    for number, form in enumerate(formats):
        files |= function(f"f{number}", f'return tostring(select(2, pcall(function() return io.open("data/huge"):read({form}) end)))',
                          memory_limit="16MB")
    app = stage.app(files | {"data/x": ""}, FORWARDING)
    with open(app.folder / "data" / "huge", "wb") as file:
        file.truncate(4 << 30)
    server = stage.run(app).wait()
    seen = set()
    for number in range(len(formats)):
        reply = server.invoke(f"f{number}")
        seen.add((reply.status, reply.reason[:18]))
        server.lives()
    memory = server.memory("VmHWM")
    expect(memory < 200 << 20, f"{megabytes(memory)} of memory")
    return f"{sorted(seen)}, at most {megabytes(memory)}"
