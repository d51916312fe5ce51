"""Attacks on luafunc check: huge, deep and endless files, and names that forge its reports."""

import json
import os
import socket

from target import HTTP, attack, expect, function, megabytes

FORMS = ("text", "json", "github")


def check(stage, files, *words, change=None, **options):
    app = stage.app(files)
    if change:
        change(app.folder)
    return stage.command(app, "check", *words, **options)


@attack("luafunc check: a script of 10 MB, and one with 2,000 findings")
def large_scripts(stage):
    lines = "local x = 1 " + "".join(f"x = x + {number} -- {'.' * 80}\n" for number in range(100_000))
    large = check(stage, function("f", f"return function() {lines} return x end"), most=640 << 20)
    names = "".join(f"call{number}()\n" for number in range(2000))
    for form in FORMS:
        many = check(stage, function("f", f"return function()\n{names} end"), "--format", form, codes=(1,))
        expect(many.text.count("call1999") >= 1, f"{form}: the last finding is missing")
        expect(len(many.out) < 4 << 20, f"{form}: prints {megabytes(len(many.out))}")
    return f"{megabytes(large.peak)} and {megabytes(many.peak)}"


NESTED = {
    "host.json": ['{"version":"2.0","x":' + "[" * 100_000 + "]" * 100_000 + "}", "[" * 100_000, '{"a":' * 100_000],
    "local.settings.json": ['{"Values":' * 100_000, "[" * 100_000],
    "functions/f/function.json": ['{"bindings":' + "[" * 100_000 + "]" * 100_000 + "}"],
    "functions/f/handler.lua": ["return " + mark * 100_000 + end * 100_000 for mark, end in (
        ("{", "}"), ("(", ")"), ("function() return ", " end"), ("do ", " end"), ("not ", ""), ("-", ""), ("x.", "y"),
        ("x(", ")"), ("[", "]"), ("if x then ", " end"), ("x=", "1"), ("1 .. ", "1"), ("1 ^ ", "1"))],
}


@attack("luafunc check: 100,000 nested brackets in JSON and Lua")
def nested(stage):
    peak = 0
    for path, texts in NESTED.items():
        for text in texts:
            ended = check(stage, function("f", "return 1") | {path: text}, codes=(0, 1, 65))
            expect(len(ended.out) < 1 << 20, f"{path}: {text[:20]}: prints {megabytes(len(ended.out))}")
            peak = max(peak, ended.peak)
    return f"{sum(map(len, NESTED.values()))} files; {megabytes(peak)}"


def strange_files(folder):
    """Ways to make a handler of something that is no file, or of a link that leads nowhere."""
    handler = folder / "functions/f/handler.lua"
    handler.unlink()
    yield "a FIFO", lambda: os.mkfifo(handler)
    unix = socket.socket(socket.AF_UNIX)

    def bind():
        here = os.open(".", os.O_RDONLY)
        os.chdir(handler.parent)
        unix.bind("handler.lua")
        os.fchdir(here)
        os.close(here)
    yield "a socket", bind
    for device in ("/dev/zero", "/dev/urandom", "/dev/tty", "/dev/full", "/proc/self/mem", "/proc/kmsg"):
        yield device, lambda: handler.symlink_to(device)
    yield "a loop", lambda: handler.symlink_to("handler.lua")
    yield "a folder", lambda: handler.mkdir()
    yield "a long chain", lambda: [(handler.parent / (f"l{n}" if n else "handler.lua")).symlink_to(f"l{n + 1}")
                                   for n in range(60)]


@attack("luafunc check: FIFOs, sockets, devices and link loops in an app")
def strange(stage):
    count = 0
    app = stage.app(function("f", "return 1"))
    for name, make in strange_files(app.folder):
        make()
        for command in ("check", "test"):
            # The function is broken. Nothing may wait for a writer, or read for ever.
            stage.command(app, command, codes=(0, 1, 65), patience=30)
        stage.command(app, "invoke", "f", codes=(1, 64, 65), patience=30)
        handler = app.folder / "functions/f/handler.lua"
        handler.rmdir() if handler.is_dir() else handler.unlink()
        count += 1
    for path in ("lib/m.lua", "functions/f/m_test.lua", ".funcignore", ".gitignore", "lua_modules/m.lua", "lib/sub/x.lua"):
        files = stage.app(function("f", "return require 'm'"))
        (files.folder / path).parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(files.folder / path)
        for command in ("check", "test"):
            stage.command(files, command, codes=(0, 1), patience=30)
        count += 1

    def loops(folder):
        for name in ("lib", "public", "functions/f/sub", "lua_modules"):
            (folder / name).symlink_to(folder if "/" in name else ".")
        (folder / "functions/g").symlink_to(".")
        (folder / "functions/h").symlink_to("../functions")
    check(stage, function("f", "return 1"), change=loops, codes=(0, 1), patience=30)
    return f"{count + 1} apps, none waits"


@attack("luafunc check: host.json, function.json and settings of 100 MB")
def heavy(stage):
    for path in ("host.json", "local.settings.json", "functions/f/function.json", "functions/f/handler.lua",
                 ".funcignore", "lib/m.lua"):
        for text in ('{"version":"2.0"' + " " * 100_000_000 + "}", "[" + "1," * 50_000_000 + "1]"):
            check(stage, function("f", "return 1") | {path: text}, codes=(0, 1, 65), most=640 << 20)
    return "told"


ODD = ["a\n::error::forged", "b\r\x1b[2J\x1b]0;t\x07", "c\x9b2J", "d::warning file=x::y", "e%0A::error::z", "f\u2028g", 'h"\\',
       "i, j: k", "l\x7f", "m\u202e", "-n", "o'; rm -rf /", "p`$(x)`"]


def odd_app():
    files = {}
    for number, name in enumerate(ODD):
        binding = {"bindings": [{"name": name, "type": name, "direction": name},
                                {"name": f"t{number}", "type": "httpTrigger", "route": name, "methods": [name]},
                                {"name": name, "type": "queue", "queueName": f"%{name}%", "connection": name}]}
        files[f"functions/{name.replace('/', '')}/function.json"] = json.dumps(binding)
        files[f"functions/{name.replace('/', '')}/handler.lua"] = "return function() nothing() end"
        files[f"functions/f{number}/function.json"] = json.dumps(HTTP | {name: name, "scriptFile": name})
        files[f"functions/g{number}/function.json"] = json.dumps(HTTP)
        files[f"functions/g{number}/handler.lua"] = f"require({json.dumps(name, ensure_ascii=False)}) return function() return os.getenv({json.dumps(name, ensure_ascii=False)}) end"
        files[f"lib/{name.replace('/', '')}.lua"] = "x ="
    return files | {"host.json": json.dumps({"version": "2.0", ODD[0]: 1, "functions": ODD})}


@attack("luafunc check: names of folders, files and bindings that forge reports")
def forged_findings(stage):
    app = stage.app(odd_app())
    for form in FORMS:
        ended = stage.command(app, "check", "--format", form, codes=(1,), patience=60)
        out = ended.out.decode()
        for mark in "\x1b\r\x07" + ("" if form == "json" else "\x9b\u2028\x7f\u202e"):
            expect(mark not in out, f"{form}: has the character {mark!r}")
        if form == "json":
            expect(len(json.loads(out)["findings"]) >= 3 * len(ODD), "json: findings are missing")
        elif form == "github":
            # The last line has the numbers.
            for line in out.strip("\n").split("\n")[:-1]:
                expect(line.startswith(("::error file=", "::warning file=", "::notice file=")), f"a line is forged: {line!r}")
                properties = line.split("::")[1].split(" ", 1)[1].split(",")
                expect(all(part.split("=")[0] in ("file", "line", "col", "title") for part in properties),
                       f"a property is forged: {line!r}")
        else:
            expect(not any(line.startswith(("::", "forged")) for line in out.strip("\n").split("\n")), "a line is forged")
    return f"{len(ODD)} names in three formats, none forges a line"
