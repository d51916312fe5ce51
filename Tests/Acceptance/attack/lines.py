"""Attacks through printed text: forged log lines, escape sequences, endless lines, and output that nobody reads."""

import json
import time

from target import attack, eventually, expect, function, megabytes

FORGED = r"a\r\n2026-01-01T00:00:00.000Z error ping: forged\27[2J\194\155 2J\226\128\168z"


@attack("printed and raised text that forges log lines")
def forged(stage):
    files = function("printed", f'print("{FORGED}") return "x"') | function("raised", f'error("{FORGED}")')
    for command, words in (("serve", []), ("serve", ["--log-format", "json"]), ("start", [])):
        server = stage.run(stage.app(files), *words, command=command).wait()
        for name in ("printed", "raised"):
            count = len([line for line in server.lines if "forged" in line])
            server.invoke(name)
            eventually(lambda: len([line for line in server.lines if "forged" in line]) > count, f"{name}: no line")
        server.lives()
        for line in server.lines:
            expect(not line.startswith("2026-01-01"), f"{command}: a line is forged: {line!r}")
            if words:
                json.loads(line)
            # JSON lines are for programs, so they may contain all characters that JSON allows: all but the first 32.
            marks = "\x1b\r" if words else "\x1b\r\x9b\u2028"
            expect(not any(mark in line for mark in marks), f"{command}: a control character: {line!r}")
        server.stop()
    return "one line each, escaped"


@attack("nobody reads the output")
def unread(stage):
    body = 'for i = 1, 1000 do print(("x"):rep(1000)) end return "printed"'
    for command in ("serve", "start"):
        server = stage.run(stage.app(function("f", body)), command=command, reads=False)
        for _ in range(20):
            reply = server.invoke("f")
            expect(reply.status == 200 and "printed" in reply.text, f"{command}: {reply.status} {reply.reason[:200]}")
        held = server.memory()
        expect(held < 96 << 20, f"{command}: holds {megabytes(held)}")
        server.read_on()
        server.must_say("log lines were dropped")
        server.stop()
    return f"all are answered; {megabytes(held)}; what is missing is told"


@attack("one printed line of 20 MB under start")
def endless(stage):
    body = 'print(("x"):rep(20 * 1000 * 1000)) print "after" return "printed"'
    server = stage.start(function("f", body))
    for _ in range(5):
        server.answers("f", "printed")
    server.must_say("after")
    longest = max(map(len, server.lines))
    expect(longest < 1 << 20, f"a line of {megabytes(longest)}")
    return f"a line has at most {longest} characters"


@attack("a handler's output without a line break, 50 MB under start")
def no_breaks(stage):
    words = ["--", "/bin/sh", "-c", "head -c 50000000 /dev/zero | tr '\\0' x; echo; echo after; exec sleep 60"]
    server = stage.start({}, *words)
    server.must_say("after")
    peak = server.memory("VmHWM")
    expect(peak < 96 << 20, f"the host holds {megabytes(peak)}")
    return f"the host holds at most {megabytes(peak)}"
