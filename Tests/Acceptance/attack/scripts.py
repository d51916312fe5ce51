"""Attacks of a script: endless library calls, coroutines, tasks, memory, and code beyond its time limit."""

import json
import resource
import shutil
import signal
import statistics
import subprocess
import time

from target import HTTP, Broken, attack, eventually, expect, function, megabytes, milliseconds, waits

TIME = "the time limit of"
MEMORY = "not enough memory"


def one(stage, body, *reasons, time_limit="2s", memory_limit="64MB", files=None):
    """Invokes one greedy function. Another function of the app must still answer."""
    server = stage.serve(function("f", body, time_limit, memory_limit) | (files or {}), "--threads", "1")
    if reasons:
        return f"“{server.fails('f', *reasons)}”"
    return f"answered: {server.answers('f').text[:60]}"


@attack("a task that returns 200,000 values, joined")
def many_values(stage):
    return one(stage, """
        local task = require "task"
        local function joined()
          local spawned = task.spawn(function() return table.unpack({}, 1, 200000) end)
          return select("#", spawned:join())
        end
        return "ended: " .. tostring(select(2, pcall(joined)))""")


@attack("30,000 coroutines that close each other in __close")
def closing(stage):
    body = """
        local close = coroutine.close
        local last = coroutine.create(function() end)
        for i = 1, 30000 do
          local inner = last
          last = coroutine.create(function()
            local x <close> = setmetatable({}, { __close = function() close(inner) end })
            coroutine.yield()
          end)
          coroutine.resume(last)
        end
        local isClosed, message = close(last)
        return "closed: " .. tostring(isClosed) .. " " .. tostring(message)"""
    return one(stage, body, time_limit="10s")


@attack("debug.getinfo of a coroutine's lines without memory for them")
def lines_of_coroutine(stage):
    body = """
        local co = coroutine.create(assert(load("local a; coroutine.yield()\\n" .. ("a=1\\n"):rep(240000))))
        coroutine.resume(co)
        local ok, message = pcall(debug.getinfo, co, 1, "L")
        return "ended: " .. tostring(message)"""
    # It may answer or fail. An error in the other thread would end the process.
    server = stage.serve(function("f", body, "10s", "4MB"), "--threads", "1")
    reply = server.invoke("f")
    server.lives()
    return f"{reply.status}: {reply.reason[:60] or reply.text[:60]}"


ENDLESS = {
    'string.rep("", 2^63-1)': 'return #("").rep("", math.maxinteger)',
    'string.rep("", 2^62, "")': 'return #("").rep("", 1 << 62, "")',
    "table.concat over a __len of 2^62":
        'return table.concat(setmetatable({}, { __len = function() return 1 << 62 end, __index = function() return "" end }))',
    "table.move of 2^62 places": "return table.move({}, 1, 1 << 62, 2)",
    "table.insert over a __len of 2^62":
        "return table.insert(setmetatable({}, { __len = function() return 1 << 62 end }), 1, 0)",
    "table.remove over a __len of 2^62":
        "return table.remove(setmetatable({}, { __len = function() return 1 << 62 end }), 1)",
    "table.unpack over a __len of 2^62":
        "return table.unpack(setmetatable({}, { __len = function() return 1 << 62 end }))",
    "table.sort over a __len of 2^30":
        "return table.sort(setmetatable({}, { __len = function() return 1 << 30 end, __index = function() return 1 end }))",
    "utf8.codepoint of 10 MB": 'return utf8.codepoint(("x"):rep(10 << 20), 1, -1)',
    "a chain of __call":
        "local f = print for i = 1, 1e6 do f = setmetatable({}, { __call = f }) end return f()",
    "__call in a circle": "local t = {} setmetatable(t, { __call = t }) return t()",
    "%b() over 1 MB of (": 'return ("("):rep(1 << 20):find("%b()")',
    "a pattern that doubles": 'return ("a"):rep(24):find(("a*"):rep(12) .. "b")',
    "a pattern that takes years": 'return ("a"):rep(40):find(("a*"):rep(30) .. "b")',
    "gsub of a pattern that doubles": 'return (("a"):rep(24):gsub(("a*"):rep(12) .. "b", ""))',
    "gmatch of a pattern that doubles": 'for x in ("a"):rep(24):gmatch(("a*"):rep(12) .. "b") do end',
    "plain find, the worst case": 'return (("a"):rep(1 << 20)):find(("a"):rep(1 << 19) .. "b", 1, true)',
    "a header list with a border of 2^63": """
        return { statusCode = 200, body = "x",
          headers = { a = setmetatable({ "b" }, { __len = function() return math.maxinteger end }) } }""",
    "a match that begins anywhere and never ends": 'return (" "):rep(1 << 20):match("^(.-)%s*x$")',
    "a find of a*b over a million a": 'return ("a"):rep(1e6):find("a*b")',
    "a class of 200 KB over 10 MB": 'return ("x"):rep(1e7):find("[" .. ("ab"):rep(1e5) .. "]+y")',
    "gsub of nothing by 100 KB of %0": 'return #("x"):rep(1e5):gsub("", ("%0"):rep(1e5))',
    "a comparator that loops": "return table.sort({ 3, 2, 1 }, function() while true do end end)",
    "a replacement that loops": "return ('x'):rep(9):gsub('.', function() while true do end end)",
    "a __tostring that loops": "return tostring(setmetatable({}, { __tostring = function() while true do end end }))",
    "a __tostring under string.format that loops":
        "return ('%d %s'):format(1, setmetatable({}, { __tostring = function() while true do end end }))",
    "print of a table with a __tostring that loops":
        "print { setmetatable({}, { __tostring = function() while true do end end }) }",
    "print of a table that contains itself 2^60 times":
        "local t = {} for i = 1, 60 do t = { t, t } end while true do print(t) end",
    "log of a table of a million keys":
        "local t = {} for i = 1, 1 << 20 do t[i + 0.5] = 1 end while true do require('log').info('%s', t) end",
    "an error that is a table of a million keys": "local t = { x = print } for i = 1, 1 << 20 do t[i] = 1 end error(t)",
    "JSON on lines of its own, 100 levels deep": """
        local t = {} for i = 1, 100 do t = { t } end
        local u = {} for i = 1, 10000 do u[i] = t end return #require("json").encode(u, { pretty = true })""",
    "sorted JSON of 100 names of 100 KB":
        "local t = {} for i = 1, 100 do t[('x'):rep(1e5) .. i] = i end return #require('json').encode(t, { sorted = true })",
    "sorted JSON of a million objects": """
        local t = {} for i = 1, 20 do t = { a = t, b = t } end return #require("json").encode(t, { sorted = true })""",
    "options of a million members":
        "local t = {} for i = 1, 1 << 20 do t[i] = 1 end while true do pcall(require('json').encode, 1, t) end",
    "a reader of load that loops": "return load(function() while true do end end)",
    "an __index of table.concat that loops":
        "return table.concat(setmetatable({}, { __len = function() return 9 end, __index = function() while true do end end }))",
    "string.pack of 2 GB": 'return string.pack("c2147483647", "")',
    "os.date of a million %c": 'return os.date(("%c"):rep(1e6))',
    "load of 70,000 elseifs": 'return tostring(select(2, load("if a then " .. ("elseif a then "):rep(70000) .. "end")))',
    "header values at every power of two": """
        local v = {} for i = 0, 61 do v[1 << i] = "x" end return { headers = { a = v } }""",
    "string.rep of 100 MB under pcall": "while true do pcall(string.rep, 'x', 100000000) end",
    "io.write of ten million lines": 'io.write(("\\n"):rep(10000000))',
    "debug of a deep stack": """
        local function deep(n)
          if n > 0 then local x = deep(n - 1) return x end
          while true do debug.traceback() debug.getinfo(90000) end
        end
        return deep(100000)""",
    "select of 2^62": "return select(1 << 62)",
    "string.format of a width of 10^9": 'return ("%1000000000d"):format(1)',
    "next through a table of nils": """
        local t = {} for i = 1, 1 << 20 do t[i] = 1 end for i = 1, 1 << 20 do t[i] = nil end
        while true do next(t) end""",
}


@attack("one library call that never ends")
def endless(stage):
    files = {}
    for number, body in enumerate(ENDLESS.values()):
        files |= function(f"f{number}", body, "1s")
    server = stage.serve(files, "--threads", "1")
    ends = set()
    for number, name in enumerate(ENDLESS):
        began = server.cpu()
        reply = server.invoke(f"f{number}")
        used = server.cpu() - began
        expect(used < 3, f"{name}: {used:.1f} s of CPU for a time limit of 1 s")
        try:
            server.lives()
        except Broken as reason:
            raise Broken(f"{name}: {reason}")
        ends.add(reply.status)
    return f"{len(ENDLESS)} calls, each an error or an answer in time"


@attack("1,000 tasks whose __close loops")
def last_words(stage):
    body = """
        local task = require "task"
        for i = 1, 1000 do
          task.spawn(function()
            local x <close> = setmetatable({}, { __close = function() while true do end end })
            task.sleep(60)
          end)
        end
        task.sleep(0.01)
        error "over" """
    return one(stage, body, "over", TIME)


@attack("texts of 400 MB of zeros, compared")
def zeros(stage):
    body = """
        local a = ("\\0"):rep(400 << 20)
        local b = a .. "x"
        return a < b"""
    return one(stage, body, TIME, "blocked its thread", time_limit="3s", memory_limit="2GB")


@attack("50,000 tasks, joined at once")
def many_tasks(stage):
    body = """
        local task = require "task"
        local functions = {}
        for i = 1, 50000 do functions[i] = function() task.sleep(0) return i end end
        local sum = #task.all(functions)
        local a = task.spawn(task.sleep, 0.05)
        local joins = {}
        for i = 1, 20000 do joins[i] = function() a:join() end end
        task.all(joins)
        return "joined: " .. sum"""
    server = stage.serve(function("f", body, "20s", "256MB"), "--threads", "1")
    began = server.cpu()
    server.answers("f", "joined: 50000")
    used = server.cpu() - began
    expect(used < 5, f"{used:.1f} s of CPU")
    return f"{used:.1f} s of CPU"


@attack("a fork bomb of task.spawn")
def fork_bomb(stage):
    body = """
        local task = require "task"
        local function bomb() while true do task.spawn(bomb) end end
        task.all { bomb, bomb }"""
    return one(stage, body, TIME, MEMORY)


LEFT_BEHIND = {
    "tasks that loop": "for i = 1, 10 do task.spawn(function() while true do end end) end",
    "a task that loops under pcall": "task.spawn(function() while true do pcall(function() while true do end end) end end)",
    "10,000 tasks that wait": "for i = 1, 10000 do task.spawn(task.sleep, 60) end",
    "tasks that start tasks": "local function f() task.sleep(0) task.spawn(f) end task.spawn(f)",
    "tasks that join each other":
        "local a, b a = task.spawn(function() b:join() end) b = task.spawn(function() a:join() end)",
    "tasks that start a task in __close": """
        local function f()
          local next
          local x <close> = setmetatable({}, { __close = function() next = task.spawn(f) end })
          task.sleep(0)
        end
        task.spawn(f)""",
    "cancel in a loop": "while true do local t = task.spawn(task.sleep, 60) t:cancel() end",
    "cancel in a loop, of tasks that have begun":
        "while true do local t = task.spawn(task.sleep, 60) task.sleep(0) t:cancel() end",
    "errors in a loop": "while true do task.spawn(error, 'x') task.sleep(0) end",
}


@attack("tasks that a handler leaves behind")
def left_behind(stage):
    files = {}
    for number, body in enumerate(LEFT_BEHIND.values()):
        files |= function(f"f{number}", f'local task = require "task"\n{body}\nreturn "early"', "1s")
    server = stage.serve(files, "--threads", "1")
    for number, name in enumerate(LEFT_BEHIND):
        try:
            server.fails(f"f{number}", TIME, MEMORY)
        except Broken as reason:
            raise Broken(f"{name}: {reason}")
    return f"{len(LEFT_BEHIND)} handlers, none of which returned before its tasks"


CANCELLED = {
    # Their __close runs as long as there is time for it. That can be over between the two tasks, so that nothing cancels
    # the first one.
    "cancelled tasks that start and cancel tasks in __close": """
        local function f()
          local x <close> = setmetatable({}, { __close = function()
            local t = task.spawn(f)
            task.spawn(function() task.sleep(0) t:cancel() end)
          end })
          task.sleep(1)
        end
        local t = task.spawn(f)
        task.sleep(0)
        t:cancel()""",
    "100,000 tasks that end by themselves": """
        local ended = 0
        for i = 1, 100000 do task.spawn(function() task.sleep(0) ended = ended + 1 end) end""",
    "100,000 tasks, cancelled at once": """
        local kept = {}
        for i = 1, 100000 do kept[i] = task.spawn(task.sleep, 60) end
        for i = 1, 100000 do kept[i]:cancel() end""",
    "100,000 tasks that have begun, cancelled at once": """
        local kept = {}
        for i = 1, 100000 do kept[i] = task.spawn(task.sleep, 60) end
        task.sleep(0)
        for i = 1, 100000 do kept[i]:cancel() end""",
    "20,000 joins of one task, cancelled": """
        local one, kept = task.spawn(task.sleep, 60), {}
        for i = 1, 20000 do kept[i] = task.spawn(function() one:join() end) end
        task.sleep(0)
        for i = 1, 20000 do kept[i]:cancel() end
        one:cancel()""",
    "20,000 lists in lists, cancelled from the outermost": """
        local function nest(n) if n > 0 then task.all { function() nest(n - 1) end } else task.sleep(60) end end
        local t = task.spawn(nest, 20000)
        task.sleep(0.5)
        t:cancel()""",
    "a task that cancels the one that waits for it": """
        local outer
        local inner = task.spawn(function() task.sleep(0.01) outer:cancel() error("x", 0) end)
        outer = task.spawn(function() inner:join() end)
        task.sleep(0.05)
        pcall(inner.join, inner)""",
    "a request that is cancelled": """
        local t = task.spawn(function() require("http").get("http://127.0.0.1:9/") end)
        t:cancel()
        t = task.spawn(function() require("http").get("http://10.255.255.1/") end)
        task.sleep(0.01)
        t:cancel()""",
}


@attack("tasks that are cancelled by the ten thousand")
def cancelled(stage):
    files = {}
    for number, body in enumerate(CANCELLED.values()):
        files |= function(f"f{number}", f'local task = require "task"\n{body}\nreturn "cancelled"', "30s", "512MB")
    server = stage.serve(files, "--threads", "1")
    used = []
    for number, name in enumerate(CANCELLED):
        began = server.cpu()
        try:
            server.answers(f"f{number}", "cancelled")
        except Broken as reason:
            raise Broken(f"{name}: {reason}")
        used.append(server.cpu() - began)
        expect(used[-1] < 10, f"{name}: {used[-1]:.1f} s of CPU")
    return f"at most {max(used):.1f} s of CPU"


@attack("a task that writes a body to a caller who does not read, cancelled")
def cancelled_body(stage):
    body = """
        local task = require "task"
        return { body = function(write)
          local writers = {}
          for i = 1, 100 do
            writers[i] = task.spawn(function() while true do write(("x"):rep(1 << 16)) end end)
          end
          task.sleep(0.5)
          for i = 1, 100 do writers[i]:cancel() end
          write "the end"
        end }"""
    host = {"version": "2.0", "customHandler": {"enableForwardingHttpRequest": True}}
    server = stage.serve(function("f", body, "10s"), "--threads", "1", host=host)
    with server.send("f") as connection:
        time.sleep(1)
        server.lives()
        text = b""
        while piece := connection.recv(1 << 20):
            text += piece
            if b"the end" in piece or text.endswith(b"0\r\n\r\n"):
                break
    expect(b"the end" in text, f"{len(text)} bytes without the end")
    return f"{megabytes(len(text))} before the end"


@attack("memory that runs out at a limit of 512 MB")
def much_memory(stage):
    server = stage.serve(
        function("f", "local t = {} for i = 1, 1e9 do t[i] = { i } end", "4s", "512MB"), "--threads", "1")
    reason = server.fails("f", MEMORY, TIME)
    eventually(lambda: server.memory() < 64 << 20, f"{megabytes(server.memory())} stay", 10)
    return f"“{reason}”, then {megabytes(server.memory())}"


@attack("a process that is frozen for longer than the limit")
def frozen(stage):
    server = stage.serve(function("f", "for i = 1, 3e7 do end return 'done'", "1s"), "--threads", "1")
    for _ in range(3):
        with server.send("f"):
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(4)
            server.process.send_signal(signal.SIGCONT)
            server.lives()
    return "lives on"


@attack("garbage of 2 GB beside 48 MB that are kept")
def near_the_limit(stage):
    body = """
        local kept = {}
        for i = 1, 48000 do kept[i] = ("x"):rep(1000) .. i end
        for i = 1, 32000 do local s = ("y"):rep(64000) .. i end
        return "kept " .. #kept"""
    server = stage.serve(function("f", body, "300s"), "--threads", "1")
    began = server.cpu_exact()
    server.answers("f", "kept")
    used = server.cpu_exact() - began
    expect(used < 20, f"{used:.1f} s of CPU")
    return f"{used:.1f} s of CPU"


# What a function keeps alive while it makes garbage. MB stands for the size.
HEAPS = {
    "small tables": "for i = 1, MB * 9000 do kept[i] = { i } end",
    "one list": "for i = 1, MB * 60000 do kept[i] = i end",
    "fields of one table": "for i = 1, MB * 11000 do kept['k' .. i] = i end",
    "texts": "for i = 1, MB * 900 do kept[i] = ('x'):rep(1000) .. i end",
}


@attack("collections beside small calls, by what is kept")
def collections(stage):
    most = {}
    for size in (1, 4, 16, 64, 256):
        files = {}
        for number, code in enumerate(HEAPS.values()):
            body = f"local MB, kept = {size}, {{}} {code} for i = 1, MB * 4000 do local s = {{ ('y'):rep(500) .. i }} end return 'done'"
            files |= function(f"f{number}", body, "120s", f"{2 * size + 16}MB")
        server = stage.serve(files, "--threads", "1")
        most[size] = {}
        for number, name in enumerate(HEAPS):
            connection = server.send(f"f{number}")
            stage.made.append(connection.close)
            most[size][name] = waits(server, connection)
    told = "; ".join(f"{size} MB: {milliseconds(most[size])}" for size in most)
    told = f"most CPU burnt while a small call waits, in ms: {told}"
    expect(max(max(most[size].values()) for size in (1, 4, 16)) <= 0.05, told)
    return told


@attack("20 MB that a function keeps, over 200 calls")
def large_caches(stage):
    script = """
        local kept = {}
        for i = 1, 20000 do kept[i] = ("x"):rep(1000) .. i end
        return function() return "kept " .. #kept end"""
    server = stage.serve(function("f", script), "--threads", "1")
    server.answers("f", "kept")
    began = server.cpu_exact()
    for _ in range(200):
        server.answers("f", "kept")
    used = (server.cpu_exact() - began) / 200
    expect(used < 0.005, f"{1000 * used:.1f} ms of CPU for each call")
    return f"{1000 * used:.2f} ms of CPU for each call"


@attack("deep recursion under pcall")
def recursion(stage):
    chunk = "local function f() f() end for i = 1, 4 do pcall(f) end"
    # A recursion up to Lua's own limit on depth takes 80 MB.
    server = stage.serve(function("f", f"{chunk} return 'done'", "60s", "128MB"), "--threads", "1")
    began = server.cpu()
    server.answers("f", "done")
    used = server.cpu() - began
    stock = 0
    if lua := shutil.which("lua5.4"):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([lua, "-e", chunk], check=True)
        stock = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        expect(used < 1.3 * stock + 0.3, f"{used:.2f} s of CPU, stock Lua {stock:.2f}")
    return f"{used:.2f} s of CPU, stock Lua {stock:.2f}"


@attack("a script that raises the line -2^63")
def wild_line(stage):
    script = "error('functions/f/handler.lua:-9223372036854775808: x', 0)"
    server = stage.start({"functions/f/function.json": json.dumps(HTTP), "functions/f/handler.lua": script})
    reply = server.ask("/api/f", headers={"Accept": "text/html"})
    server.lives()
    return f"status {reply.status}"


# Code that cannot yield, so that no slice can end inside it.
HOLDING = {
    "a message handler": "xpcall(error, loop)",
    "message handlers in a row": "while true do xpcall(error, loop) end",
    "a coroutine in a message handler": "xpcall(error, function() coroutine.wrap(loop)() end)",
    "a __close under coroutine.close": """
        local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = loop }) coroutine.yield() end)
        coroutine.resume(co) coroutine.close(co)""",
    "an __index under ipairs": "for _ in ipairs(setmetatable({}, { __index = loop })) do end",
    "an __add of a text": "return '1' + setmetatable({}, { __add = loop })",
}


@attack("code that cannot be stopped in the middle")
def holding(stage):
    files = {}
    for number, body in enumerate(HOLDING.values()):
        files |= function(f"f{number}", "local function loop() while true do end end " + body, "60s")
    server = stage.serve(files, "--threads", "1")
    most = 0
    for number, name in enumerate(HOLDING):
        began = server.cpu_exact()
        server.fails(f"f{number}", "blocked its thread for 50 ms")
        used = 1000 * (server.cpu_exact() - began)
        expect(used < 150, f"{name}: {used:.0f} ms of CPU")
        most = max(most, used)
    return f"each is ended; most {most:.0f} ms of CPU"


@attack("small calls beside greedy functions and greedy tasks, on a busy machine")
def turns(stage):
    greedy_tasks = """
        local task = require "task"
        local function loop() while true do end end
        task.all { loop, loop, loop, loop }"""
    return beside(stage, function("greedy", "while true do end", "60s") | function("tasks", greedy_tasks, "60s"),
                  "greedy", "greedy", "tasks")


@attack("small calls beside calls that cannot be stopped in the middle, each of them short")
def short_holds(stage):
    indexed = "while true do for _ in ipairs(setmetatable({}, { __index = busy })) do end end"
    told = "while true do ('%s'):format(setmetatable({}, { __tostring = function() while true do end end })) end"
    handled = "while true do xpcall(error, busy) end"
    busy = "local function busy() for i = 1, 30000 do end return 1 end "
    return beside(stage, function("indexed", busy + indexed, "60s") | function("told", told, "60s")
                  | function("handled", busy + handled, "60s"), "indexed", "told", "handled")


def beside(stage, files, *greedy):
    server = stage.serve(files, "--threads", "1")
    for _ in range(3):
        stage.made.append(subprocess.Popen(["sh", "-c", "while :; do :; done"]).kill)
    server.lives()
    for name in greedy:
        stage.made.append(server.send(name).close)
    burnt = []
    for _ in range(300):
        began = server.cpu_exact()
        server.lives()
        burnt.append(1000 * (server.cpu_exact() - began))
    burnt.sort()
    p99, most = burnt[-4], burnt[-1]
    seen = f"CPU burnt while a small call waits: median {statistics.median(burnt):.1f} ms, p99 {p99:.1f}, most {most:.1f}"
    expect(p99 <= 12 and most <= 25, seen + "; promised are 12 and 25")
    return seen
