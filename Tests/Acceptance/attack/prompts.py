"""Attacks on the prompt: code that does not end, values that do not fit on a screen, and text that controls it."""

import os
import pty
import select
import subprocess
import tempfile
import termios
import time

from target import PATIENCE, attack, expect, megabytes


class Terminal:
    """luafunc repl on a terminal of its own, or a shell that can start it."""

    def __init__(self, stage, shell=False):
        home = tempfile.mkdtemp(prefix="luafunc-attack-")
        self.process, self.end = pty.fork()
        if self.process == 0:
            os.chdir(home)
            environment = {"PATH": "/usr/bin:/bin", "TERM": "xterm", "HOME": home, "NO_COLOR": "1"}
            words = ["/bin/bash", "--norc", "-i"] if shell else [stage.program, "repl"]
            os.execve(words[0], words, environment | {"PS1": "% > "})
        self.shown = self.fresh = b""
        stage.made.append(self.stop)
        self.must_show("> ")

    def type(self, text):
        os.write(self.end, text.encode())

    def must_show(self, text):
        end = time.monotonic() + PATIENCE
        while text.encode() not in self.fresh:
            readable, _, _ = select.select([self.end], [], [], end - time.monotonic())
            expect(readable, f"the prompt does not show {text!r}: {self.shown[-200:]!r}")
            try:
                piece = os.read(self.end, 1 << 16)
            except OSError:
                piece = b""
            expect(piece, f"the prompt has ended before {text!r}: {self.shown[-200:]!r}")
            self.shown += piece
            self.fresh += piece
        self.fresh = self.fresh.split(text.encode(), 1)[1]

    def lives(self):
        self.type("'al' .. 'ive'\r")
        self.must_show('"alive"')

    def is_raw(self):
        return not termios.tcgetattr(self.end)[3] & (termios.ICANON | termios.ECHO)

    def stop(self):
        if self.process:
            os.kill(self.process, 9)
            os.waitpid(self.process, 0)
            self.process = 0
            os.close(self.end)


ENDLESS = {
    "a loop": "while true do end",
    "pcall": "while true do pcall(error) end",
    "a wait": "require('task').sleep(1e8)",
    "a pattern": "string.find(('a'):rep(300000), '.-.-.-.-b')",
    "__tostring": "setmetatable({}, { __tostring = function() while true do end end })",
    "__tostring inside": "{ setmetatable({}, { __tostring = function() while true do end end }) }",
    "a coroutine": "coroutine.wrap(function() while true do end end)()",
    "many tasks": "for i = 1, 1000 do require('task').spawn(function() while true do end end) end while true do end",
    "__close": "local c <close> = setmetatable({}, { __close = function() while true do end end }) while true do end",
    "print": "while true do print(1) end",
    "a sort": "table.sort({ 1, 2, 3 }, function() while true do end end)",
}


@attack("code without an end at a prompt, and Ctrl-C")
def endless(stage):
    terminal = Terminal(stage)
    slowest = 0
    for code in ENDLESS.values():
        terminal.type(f"{code}\r")
        time.sleep(0.1)
        began = time.monotonic()
        terminal.type("\x03")
        terminal.must_show("interrupted")
        terminal.lives()
        slowest = max(slowest, time.monotonic() - began)
    return f"{len(ENDLESS)} kinds end; the next answer after at most {slowest:.2f} s"


HUGE = {
    "a long text": "('x'):rep(1e7)",
    "many members": "t = {} for i = 1, 1e6 do t[i] = i end return t",
    "many names": "t = {} for i = 1, 2e5 do t['k' .. i] = i end return t",
    "deep nesting": "t = {} for i = 1, 1e5 do t = { t } end return t",
    "a wide tree": "local function f(n) if n == 0 then return 1 end local t = {} for i = 1, 20 do t[i] = f(n - 1) end "
                   "return t end return f(4)",
    "a cycle": "t = {} t[t] = t; t.t = { t, t } return t",
    "many values": "table.unpack(setmetatable({}, { __index = function(_, i) return i end }), 1, 1e5)",
    "metamethods that fail": "setmetatable({ 1 }, { __tostring = error, __pairs = error, __name = {}, __index = error })",
    "__name of 1 MB": "setmetatable({}, { __name = ('n'):rep(1e6) })",
    "names without an end": "setmetatable({}, { __name = setmetatable({}, { __tostring = error }) })",
    "an error of 10 MB": "error(('e'):rep(1e7))",
    "too much memory": "('x'):rep(1e9)",
    "memory that stays": "t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end",
    "recursion": "function f() return 1 + f() end return f()",
    "a long name": "x" * 3000,
}


@attack("values at a prompt that are too large to show")
def huge(stage):
    terminal = Terminal(stage)
    most = 0
    for name, code in HUGE.items():
        before = len(terminal.shown)
        terminal.type(f"{code}\r")
        terminal.lives()
        shown = len(terminal.shown) - before
        expect(shown < 400_000 or name == "a long name", f"{name}: {megabytes(shown)} are shown")
        most = max(most, shown)
    return f"{len(HUGE)} kinds are cut; at most {most} bytes are written for one"


@attack("text that controls the terminal of a prompt")
def control(stage):
    terminal = Terminal(stage)
    evil = r"\27]0;title\7\27[2J\r\194\155\u{202e}"
    for code in (f'"{evil}"', f'print("{evil}")', f'error("{evil}")', f'{{ ["{evil}"] = "{evil}" }}',
                 f'io.write("{evil}")', f'setmetatable({{}}, {{ __tostring = function() return "{evil}" end }})',
                 f'setmetatable({{}}, {{ __name = "{evil}" }})', f'require "{evil}"', f'_G["{evil}"] = print; return print',
                 f'load("x = = 1", "@{evil}")', "\x1b[200~'\x1b]0;title\x07'\x1b[201~"):
        terminal.type(f"{code}\r")
        terminal.lives()
    terminal.type("_G.\t\t")
    terminal.must_show("string")
    terminal.type("\x15\x12title\x07\x10\x10\x10\x15")
    terminal.lives()
    for mark in (b"\x1b]", b"\x07", b"\x1b[2J", b"\xc2\x9b", b"\xe2\x80\xae"):
        expect(mark not in terminal.shown, f"{mark!r} reaches the terminal")
    terminal.type("\x04")
    return "escaped in values, prints, errors, names and what is typed"


@attack("bytes and signals that leave the terminal of a prompt in disorder")
def disorder(stage):
    terminal = Terminal(stage)
    for noise in (bytes(range(128, 256)), b"\x1b[" + b"9" * 100_000, b"\x1b[200~" + b"never ends" * 1000, b"\x1b\x1b\x1bO\x1b["):
        os.write(terminal.end, noise[:4000])
        time.sleep(0.1)
        terminal.type("\x03")
        time.sleep(0.1)
        terminal.type("\x03")
        terminal.lives()
    expect(terminal.is_raw(), "the terminal is not raw at the prompt")
    os.kill(terminal.process, 15)
    _, status = os.waitpid(terminal.process, 0)
    terminal.process = 0
    expect(not terminal.is_raw(), "the terminal stays raw")
    os.close(terminal.end)
    return f"it lives on; after SIGTERM the terminal is as before (status {status})"


@attack("a line of 10 MB and deep nesting piped to a prompt")
def piped(stage):
    # The parser's stack ends before luafunc's does.
    deep = "(" * 100_000 + ")" * 100_000
    for text, code, said in (("x = '" + "x" * 10_000_000 + "' return #x", 0, "10000000"), ("x = " + "1 + " * 100_000 + "1", 1, ""),
                             (deep, 1, "overflow"), ("{" * 100_000, 1, "overflow"), ("\0" * 100_000, 1, ""),
                             ("\x1bLua" + "\xff" * 1000, 1, ""), ("x = 1\n" * 1_000_000 + "return x", 0, "1")):
        end = subprocess.run([stage.program, "repl", "--memory-limit", "128MB"], input=text.encode("latin-1"),
                             capture_output=True, timeout=PATIENCE, cwd="/tmp")
        expect(end.returncode in (code, 0), f"{text[:20]!r}: code {end.returncode}, {end.stderr[-200:]!r}")
        expect(said in (end.stdout + end.stderr).decode(errors="replace"), f"{text[:20]!r}: {end.stderr[-200:]!r}")
        expect(len(end.stderr) < 1 << 20, f"{megabytes(len(end.stderr))} of errors")
    return "all end with a value or one error"


@attack("a prompt that is suspended, also while code runs")
def suspended(stage):
    terminal = Terminal(stage, shell=True)
    for busy in ("", "x = 7 while true do end\r"):
        terminal.type(f"{stage.program} repl\r")
        terminal.must_show("Ctrl-D ends")
        terminal.must_show("> ")
        terminal.type(busy)
        time.sleep(0.1)
        shown = len(terminal.shown)
        terminal.type("\x1a\x1a")
        terminal.must_show("Stopped")
        terminal.type("stty -a\r")
        terminal.must_show(" icanon")
        terminal.type("fg\r")
        time.sleep(0.1)
        terminal.type("\x03")
        terminal.lives()
        shown = len(terminal.shown) - shown
        expect(shown < 16 << 10, f"the prompt was drawn again and again: {megabytes(shown)}")
        terminal.type("\x04")
        terminal.must_show("% > ")
    return "the shell gets its terminal back, and the prompt goes on"
