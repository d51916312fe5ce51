"""Attacks through the tests of an app: tests that never end, greedy stubs, and names that forge reports."""

import json
import xml.etree.ElementTree as XML

from target import HTTP, attack, expect, function, megabytes

QUIET = {"functions/ping/ping_test.lua": 'test("innocent", function() expect(1):equals(1) end)'}
FORWARDING = {"version": "2.0", "extensionBundle": {}, "customHandler": {"enableForwardingHttpRequest": True}}


def tests(stage, text, *words, host=None, files=None, **options):
    """Runs one test file beside an innocent one, which must pass."""
    app = stage.app(QUIET | {"functions/ping/odd_test.lua": text} | (files or {}), host)
    ended = stage.command(app, "test", "--time-limit", "2s", *words, **options)
    if not words:
        ended.must_say("✓ innocent")
    return ended


NEVER_ENDING = {
    "a loop": "while true do end",
    "a loop in pcall": "while true do pcall(function() while true do end end) end",
    "a loop in a coroutine": "coroutine.wrap(function() while true do end end)()",
    "a finalizer": "setmetatable({}, { __gc = function() while true do end end }) collectgarbage() while true do end",
    "a close": "local c <close> = setmetatable({}, { __close = function() while true do end end }) error 'x'",
    "sleeping for ever": "while true do require 'task'.sleep(1e8) end",
    "sleeping for no time": "while true do require 'task'.sleep(0) end",
    "advancing for ever": "while true do clock:advance(1e8) end",
    "a pattern": "(('a'):rep(200000)):find(('a*'):rep(50) .. 'b')",
    "waiting for a task that waits": "local t t = require 'task'.spawn(function() t:join() end) t:join()",
    "a function that loops": "while true do invoke('loop') end",
    "a function that sleeps": "while true do invoke('sleep') end",
    "a stub that loops": "stub.http('http://x/', function() while true do end end) require 'http'.get 'http://x/'",
    "a stub that is late": "stub.http('http://x/', { delay = 9e8 }) require 'http'.get('http://x/', { timeout = 1e9 })"
                           " while true do end",
    "an endless redirect": "stub.http('http://x/', { status = 302, headers = { location = 'http://x/' } })"
                           " while true do require 'http'.get 'http://x/' end",
    "an endless stubbed stream": "stub.http('http://x/', { body = ('x'):rep(1e6) }) while true do"
                                 " for _ in require 'http'.get('http://x/', { stream = true }):chunks() do end end",
    "an endless request body": "stub.http('http://x/') require 'http'.post('http://x/', function()"
                               " return ('x'):rep(1e6) end) error 'told'",
    "an endless load": "require 'loops'",
}


@attack("luafunc test: tests that never end")
def never_ending(stage):
    files = function("loop", "while true do end") | function("sleep", "require('task').sleep(1)")
    files |= {"functions/ping/loops.lua": "while true do end"}
    text = "\n".join(f"test({json.dumps(name)}, function() {body} end)" for name, body in NEVER_ENDING.items())
    ended = tests(stage, text, files=files, codes=(1,))
    lines = ended.text.splitlines()
    for name in NEVER_ENDING:
        expect(any(name in line and "✗" in line for line in lines) or name.startswith("a close"),
               f"'{name}' is not among the failures: {ended.text[-600:]!r}")
    top = tests(stage, "while true do pcall(function() while true do end end) end", codes=(1,)).must_say("time")
    return f"{len(NEVER_ENDING)} tests end; {megabytes(max(ended.peak, top.peak))}"


@attack("luafunc test: a function that streams for ever")
def endless_stream(stage):
    files = function("stream", "return { body = function(write) while true do write(('x'):rep(1e5)) end end }")
    files |= function("slow", "return { body = function(write) while true do require 'task'.sleep(5) write 'x' end end }")
    text = "test('large', function() invoke 'stream' error 'told' end) test('slow', function() invoke 'slow' error 'told' end)"
    peaks = [tests(stage, text, host=host, files=files, codes=(1,), most=768 << 20).peak for host in (None, FORWARDING)]
    return f"ends; {megabytes(max(peaks))}"


EXITS = ["os.exit()", "pcall(os.exit, 0)", "coroutine.wrap(function() os.exit(0) end)()",
         "require 'task'.spawn(function() os.exit(0) end):join()",
         "setmetatable({}, { __gc = function() os.exit(0) end }) collectgarbage()",
         "local c <close> = setmetatable({}, { __close = function() os.exit(0) end })",
         "table.sort({ 3, 2, 1 }, function() os.exit(0) end)", "xpcall(error, function() os.exit(0) end)",
         "(('x'):gsub('x', function() os.exit(0) end))", "stub.http('http://x/', function() os.exit(0) end)"
         " require 'http'.get 'http://x/'"]


@attack("luafunc test: os.exit in pcall, coroutines, finalizers and comparisons")
def exits(stage):
    text = "\n".join(f"test('exit {number}', function() local _ = 1; {'local _ = ' if body.startswith('(') else ''}{body} end)"
                     for number, body in enumerate(EXITS))
    ended = tests(stage, text + "\ntest('the last', function() error 'reached' end)", codes=(1,)).must_say("reached")
    top = 0
    for body in EXITS:
        # Whatever the file does while it loads, it must not hide a test of the other file.
        top = max(top, tests(stage, f"test('a', function() end) {'local _ = ' if body.startswith('(') else ''}{body}").peak)
    return f"{len(EXITS)} ways, in tests and at the top level; {megabytes(max(ended.peak, top))}"


GREEDY = {
    "many stubs": "for i = 1, 1e9 do stub.http('http://x/' .. i, { body = 'x' }) end",
    "large stubs": "local s = ('x'):rep(2e7) for i = 1, 1e9 do stub.http('http://x/' .. i, { body = s }) end",
    "one stub with large replies": "local r, l = { body = ('x'):rep(2e7) }, {} for i = 1, 10000 do l[i] = r end"
                                   " stub.http('http://x/', l)",
    "large patterns": "for i = 1, 1e9 do stub.http('http://x/' .. ('*x'):rep(3000) .. i) end",
    "large headers": "local s = ('x'):rep(60000) for i = 1, 1e9 do stub.http('http://x/', { headers = { a = s } }) end",
    "large recorded calls": "stub.http('http://x/') local s = ('x'):rep(1e7) while true do"
                            " require 'http'.post('http://x/', s) end",
    "settings": "local s = ('x'):rep(2e7) for i = 1, 1e9 do stub.env('A' .. i, s) end",
    "large logs": "local s = ('x'):rep(1e6) while true do print(s) end",
    "tables": "local t = {} while true do t[#t + 1] = { {} } end",
    "inputs": "local s = ('x'):rep(2e7) local t = {} for i = 1, 1e5 do t[i] = s end invoke('ping', { body = t })",
    "many tests": "for i = 1, 1e9 do pcall(test, 'x' .. i, print) end",
    "a hundred thousand tasks": "local task = require 'task' for i = 1, 1e5 do task.spawn(task.sleep, 1) end",
    "invocations at a time": "local task = require 'task' for i = 1, 1e5 do task.spawn(invoke, 'ping') end",
    "requests at a time": "stub.http('http://x/', { delay = 1, body = ('x'):rep(1e6) }) local task, http ="
                          " require 'task', require 'http' for i = 1, 1e5 do task.spawn(http.get, 'http://x/') end",
}


@attack("luafunc test: stubs, settings, tasks and logs that take memory")
def greedy(stage):
    peaks = {}
    for name, body in GREEDY.items():
        for text in (f"test({json.dumps(name)}, function() {body} end)", body):
            ended = tests(stage, text, most=640 << 20)
            peaks[name] = max(ended.peak, peaks.get(name, 0))
    worst = max(peaks, key=peaks.get)
    return f"{len(GREEDY)} ways; at most {megabytes(peaks[worst])}, by {worst}"


@attack("luafunc test: a function that prints more than is kept")
def chatty(stage):
    files = function("chatty", "for i = 1, 800 do print(('x'):rep(1e5)) end return 1")
    text = """
        test("chatty", function()
            local logs = invoke("chatty").logs
            expect(logs[#logs]):contains("later messages are missing")
            assert(#logs > 160 and #logs < 180, #logs)
        end)"""
    ended = tests(stage, text, files=files, codes=(0,), most=512 << 20)
    return f"the last line says so; {megabytes(ended.peak)}"


@attack("luafunc test: the clock at the end of time")
def far_clock(stage):
    far = "1/0 -1/0 0/0 -1 1e308 9.3e9 1e9 -0.0 math.maxinteger math.mininteger {} print nil 'x' '1e400' true".split()
    calls = [f"pcall(clock.{name}, clock, {value})" for name in ("advance", "set") for value in far]
    calls += ["for i = 1, 30 do pcall(clock.advance, clock, 9e8) end", "for i = 1, 30 do require 'task'.sleep(9e8) end",
              "pcall(clock.set, clock, '9999-12-31T23:59:59Z') clock:advance(1e6) invoke 'ping'",
              "clock:set(-62167219200) clock:advance(1) invoke 'ping' os.date() require 'time'.format(clock:now())"]
    text = "\n".join(f"test('{number}', function() {call} require 'time'.now() os.time() end)"
                     for number, call in enumerate(calls))
    ended = tests(stage, text)
    return f"{len(calls)} ways; {megabytes(ended.peak)}"


@attack("luafunc test: expectations about deep, cyclic, wide and lazy tables")
def expectations(stage):
    text = r"""
        local function deep(n) local t = {} for _ = 1, n do t = { t } end return t end
        local function cycle(n) local t = {} local u = t for i = 1, n do u.next = { i = i } u = u.next end u.next = t return t end
        local function wide(n, x) local t = {} for i = 1, n do t["k" .. i] = { x } end return t end
        local hang = function() while true do end end
        local function odd(event, f) return setmetatable({}, { [event] = f or hang }) end
        local cases = {
          function() return deep(1e4), deep(1e4) end, function() return deep(1e4), deep(9999) end,
          function() return deep(400), deep(399) end, function() return cycle(100), cycle(101) end,
          function() return cycle(1e3), cycle(1e3) end, function() return wide(1e4, 1), wide(1e4, 2) end,
          function() return ("x"):rep(1e7), ("x"):rep(1e7) .. "y" end,
          function() return ("\n"):rep(1e6), ("\n"):rep(1e6) .. "y" end,
          function() return ("\27[2J"):rep(1e5), "\0\1" end, function() return 0/0, 1 end,
          function() return print, error end, function() return odd "__index", {} end,
          function() return odd "__pairs", { 1 } end, function() return odd "__eq", odd("__eq", error) end,
          function() return odd "__tostring", 1 end, function() return odd "__name", odd "__concat" end,
          function() return odd("__len", function() return 1 << 60 end), { 1 } end,
          function() return { [{}] = { [{}] = {} } }, { [{}] = { [{}] = {} } } end,
        }
        for number, case in ipairs(cases) do
          for _, matcher in ipairs { "equals", "contains", "hasLength", "matches", "is", "isNear" } do
            test(matcher .. " " .. number, function()
              local a, b = case()
              local e = expect(a) e[matcher](e, b)
            end)
          end
        end
        """
    ended = tests(stage, text, codes=(1,))
    expect("isNear 18" in ended.text, f"not all have run: {ended.text[-600:]!r}")
    expect(len(ended.out) < 1 << 20, f"prints {megabytes(len(ended.out))}")
    return f"{len(ended.out) >> 10} KB of output; {megabytes(ended.peak)}"


ODD_NAMES = [r"a\nok 2 - forged", r"b\r\27[2J\27]0;title\7", r"c\194\155 2J", r"d</failure><x>&\"", r"e\0\1\255\254",
             r"f ]]> --> ", r"g\n  ---\n  message: x\n  ...", r"h # SKIP # TODO", r"i\226\128\168::error::x", r"j\\n",
             r"1..9", r"Bail out!", r"\239\191\190 \239\191\191", r"::error file=a::b"]


@attack("luafunc test: names and messages that forge reports")
def forged_reports(stage):
    text = "\n".join(f'test("{name}", function() print("{name}") error("{name}") end)\n'
                     f'describe("{name}", function() test("x", function() skip("{name}") end) end)' for name in ODD_NAMES)
    for form in ("text", "tap", "junit", "json"):
        ended = tests(stage, text, "--format", form, codes=(1,))
        out = ended.out.decode()
        # JSON is for programs, so it may contain all characters that JSON allows.
        for mark in "\x1b\r\0\x07" + ("" if form == "json" else "\x9b"):
            expect(mark not in out, f"{form}: has the character {mark!r}")
        if form == "junit":
            cases = XML.fromstring(out).iter("testcase")
            expect(len(list(cases)) == 2 * len(ODD_NAMES) + 1, "junit: another number of tests")
        elif form == "json":
            rows = [json.loads(line) for line in out.split("\n") if line]
            expect(sum(row["type"] == "test" for row in rows) == 2 * len(ODD_NAMES) + 1, "json: another number of tests")
        elif form == "tap":
            results = [line for line in out.split("\n") if line.startswith(("ok ", "not ok ", "Bail", "1.."))]
            expect(len(results) == 2 * len(ODD_NAMES) + 2, f"tap: {results}")
            skipped = [line for line in results if "# SKIP" in line.replace("\\#", "")]
            expect(len(skipped) == len(ODD_NAMES), f"tap: {skipped}")
        else:
            expect(not any(line.startswith(("ok 2", "::error", "Bail")) for line in out.split("\n")), "a line is forged")
    return f"{len(ODD_NAMES)} names in four formats"
