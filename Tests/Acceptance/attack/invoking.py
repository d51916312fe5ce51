"""Attacks on luafunc invoke and on the recordings of luafunc start."""

import json
import os
import pty
import resource
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

from target import HTTP, PATIENCE, attack, eventually, expect, function, megabytes, queue, run_to_end

FORWARDING = {"version": "2.0", "extensionBundle": {}, "customHandler": {"enableForwardingHttpRequest": True}}


@attack("luafunc invoke: functions and streams that never end")
def endless(stage):
    bodies = {
        "loop": "while true do end", "pcall": "while true do pcall(function() while true do end end) end",
        "sleep": "require('task').sleep(1e9)",
        "gc": "setmetatable({}, { __gc = function() while true do end end }) collectgarbage() while true do end",
        "stream": "return { body = function(write) while true do write(('x'):rep(1e6)) end end }",
        "lines": "while true do print(('x'):rep(1e5)) end",
        "outputs": "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(100) end return t",
    }
    files = {}
    for name, body in bodies.items():
        files |= function(name, body)
    files |= {"functions/top/function.json": json.dumps(HTTP), "functions/top/handler.lua": "while true do end"}
    peak = 0
    for host in (None, FORWARDING):
        app = stage.app(files, host)
        for name in [*bodies, "top"]:
            ended = stage.command(app, "invoke", name, "--time-limit", "1s", codes=(1,), most=1 << 30)
            expect(len(ended.err) > 20, f"{name}: no reason")
            peak = max(peak, ended.peak)
    return f"{len(bodies) + 1} functions; {megabytes(peak)}"


@attack("luafunc invoke: a function that prints more than is kept")
def chatty(stage):
    app = stage.app(function("chatty", "for i = 1, 800 do print(('x'):rep(1e5)) end return 1"))
    ended = stage.command(app, "invoke", "chatty", "--format", "json", codes=(0,), most=512 << 20)
    logs = json.loads(ended.out)["Logs"]
    expect(15 << 20 < sum(map(len, logs)) < 18 << 20, f"keeps {megabytes(sum(map(len, logs)))}")
    expect("later messages are missing" in logs[-1], f"the last message is {logs[-1][-200:]!r}")
    return f"16 MB are kept; {megabytes(ended.peak)}"


def on_terminal(words, patience=PATIENCE):
    """What a command shows on a terminal."""
    own, theirs = pty.openpty()
    process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    shown, end = b"", time.monotonic() + patience
    while time.monotonic() < end:
        if select.select([own], [], [], 1)[0]:
            try:
                piece = os.read(own, 1 << 16)
            except OSError:
                break
            if not piece:
                break
            shown += piece
    process.kill() if process.poll() is None and time.monotonic() > end else None
    code = process.wait()
    os.close(own)
    return code, shown.decode(errors="replace")


@attack("luafunc invoke: control characters in results, logs and errors on a terminal")
def terminal(stage):
    nasty = r"\27[2J\27]0;title\7\r\8\194\1552J\226\128\174"
    bodies = {"body": f'return "{nasty}"', "error": f'error("{nasty}")', "log": f'print("{nasty}") return 1',
              "json": f'return {{ ["{nasty}"] = "{nasty}" }}', "bytes": r'return "\0\1\2\255\27[2J"',
              "header": r'return { headers = { a = "\194\155" }, body = "x" }',
              "thrown": f'error {{ message = "{nasty}", ["{nasty}"] = 1 }}'}
    files = {}
    for name, body in bodies.items():
        files |= function(name, body)
    for host in (None, FORWARDING):
        app = stage.app(files, host)
        for name in bodies:
            for words in ([], ["--what-the-host-sees"]):
                _, shown = on_terminal([stage.program, "invoke", "--app", str(app.folder), name, *words])
                rest = shown.replace("\r\n", "\n")
                # Colours are luafunc's own.
                for number in range(0, 100):
                    rest = rest.replace(f"\x1b[{number}m", "")
                for mark in "\x1b\r\x07\x08\x9b\u202e":
                    expect(mark not in rest, f"{name} {words}: shows {mark!r}: {rest[-300:]!r}")
    return f"{len(bodies)} functions, on two wires"


@attack("luafunc invoke: --data, --input and --body that are endless, deep or no files")
def data(stage):
    app = stage.app(function("f", "return 1"))
    fifo = app.folder / "fifo"
    os.mkfifo(fifo)
    (app.folder / "deep.json").write_text('{"Data":{"req":{"Body":' + "[" * 100_000 + "]" * 100_000 + "}},\"Metadata\":{}}")
    (app.folder / "open.json").write_text("[" * 1_000_000)
    (app.folder / "empty.json").write_text("")
    (app.folder / "loop.json").symlink_to("loop.json")
    peak = 0
    for option in ("--data", "--input", "--body"):
        for file in ("/dev/zero", "/dev/urandom", "/proc/self/mem", str(app.folder), "loop.json", "missing.json", "deep.json",
                     "open.json", "empty.json"):
            text = file if option == "--data" else f"@{file}"
            ended = stage.command(app, "invoke", "f", option, text, codes=(0, 1, 64), most=1 << 30, folder=app.folder)
            peak = max(peak, ended.peak)
        # Something may write into a FIFO later, so luafunc waits, and Ctrl-C ends it.
        text = "fifo" if option == "--data" else "@fifo"
        process = subprocess.Popen([stage.program, "invoke", "--app", ".", "f", option, text], cwd=app.folder,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            process.wait(20)
        except subprocess.TimeoutExpired:
            expect(False, f"{option} of a FIFO: Ctrl-C does not end it")
        finally:
            process.kill() if process.poll() is None else None
            process.wait()
    return f"at most {megabytes(peak)}"


@attack("luafunc start --record: links, full disks, odd names")
def recording(stage):
    app = stage.app(function("f", "return 'f'"))
    outside = Path(str(app.folder) + "-records")
    stage.made.append(lambda: shutil.rmtree(outside, ignore_errors=True))
    outside.mkdir()
    (outside / "mine.txt").write_text("mine")
    (app.folder / "link").symlink_to(outside)
    (app.folder / "dangling").symlink_to(app.folder / "nowhere" / "at" / "all")
    (app.folder / "round").symlink_to("round")
    (app.folder / "file").write_text("x")
    for name in ("link", "round", "file", "file/below", "/proc/records", "/dev/null", "."):
        ended = run_to_end([stage.program, "start", "--port", "0", "--record", name], folder=app.folder,
                           codes=(1, 64, 65), patience=30)
        expect(len(ended.err) + len(ended.out) > 20, f"{name}: no reason")
    expect(sorted(os.listdir(outside)) == ["mine.txt"], "something was written through a link")

    # A folder that becomes a link while start runs is not followed out of it.
    host = stage.run(app, "--record", str(app.folder / "kept"), command="start").wait()
    for path in ("/api/f", "/api/f?x=..%2f..%2fescaped", "/api/f/../../x", "/api/f%2f..%2fx"):
        host.ask(path)
    host.lives()
    names = [name for name in os.listdir(app.folder / "kept") if name != ".gitignore"]
    expect(names and all(name.startswith(("f-", "ping-")) and name.endswith(".json") for name in names), f"{names}")
    shutil.rmtree(app.folder / "kept")
    host.answers("f", "f")
    host.stop()

    small = stage.run(app, "--record", str(app.folder / "small"), command="start",
                      prepare=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))).wait()
    small.answers("f", "f", body="x" * 4000)
    small.must_say("not recorded")
    left = [file for file in (app.folder / "small").iterdir() if file.stat().st_size >= 2048]
    expect(not left, f"a part stays: {left}")
    small.stop()
    return "told; nothing outside changed" + full_disk(stage, app)


def full_disk(stage, app):
    """Records to a disk of 64 KB, where the system lets us make one."""
    disk = app.folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], stderr=subprocess.DEVNULL).returncode:
        return ""
    stage.made.append(lambda: subprocess.run(["umount", "-l", disk]))
    host = stage.run(app, "--record", str(disk / "records"), command="start").wait()
    for _ in range(40):
        host.answers("f", "f", body="x" * 4000)
    host.must_say("not recorded")
    for file in (disk / "records").glob("*.json"):
        json.loads(file.read_text())
    host.stop()
    return "; a full disk too"
