"""The hostile functions: what each does, and how its invocation must end."""

from dataclasses import dataclass, field

# How an invocation may end: the words for the table, and a part of the text that the response must contain.
MEMORY = ("memory limit", "not enough memory: the limit is 64 MB")
JSON = ("memory limit", "takes more than the function's 64 MB")
TIME = ("time limit", "the time limit of")
HELD = ("held for 50 ms", "blocked its thread for 50 ms")


def refused(text):
    """The invocation ends with an error of the script that contains `text`."""
    return (text, text)


@dataclass
class Case:
    name: str
    # The body of the handler. `data.req.Body` is the port of a server that never answers.
    code: str
    # The words for the table, and a part of the response's text.
    ends: tuple
    # Whether the invocation succeeds. Then what it tries must have no effect on others.
    succeeds: bool = False
    time_limit: str = "1s"
    # How many invocations run at once on each event loop; 0 means a single one.
    on_each_loop: int = 0
    # Additional files of the app.
    files: dict = field(default_factory=dict)


FOREVER = "function() while true do end end"

# The promise about the small function's p99 refers to this case.
GREEDY = Case("while true, one per core", "while true do end", TIME, time_limit="2s", on_each_loop=1)

TEN_THOUSAND = Case(
    "10,000 at once in task.sleep(1)", 'require("task").sleep(1) return "slept"', ("answered", "slept"),
    succeeds=True, time_limit="30s")

# No library function is endless, so luafunc has one for tests. The variable LUAFUNC_ENDLESS_CALL enables it.
STUCK = Case("a native call without end", "endless()", ("exit code 200", ""))

CASES = [
    # Memory
    Case("a table that grows", "local t = {} for i = 1, 1e9 do t[i] = { i } end", MEMORY),
    Case("a text that doubles", "local s = 'x' while true do s = s .. s end", MEMORY),
    Case("string.rep of 1 GB", "return ('x'):rep(1e9)", MEMORY),
    Case("coroutines without end", "local t = {} for i = 1, 1e9 do t[i] = coroutine.create(print) end", MEMORY),
    Case(
        "JSON of a table in itself, 2^60 times",
        "local t = {} for i = 1, 60 do t = { t, t } end return require('json').encode(t)", JSON,
        time_limit="20s"),
    Case(
        "a table that grows, under pcall",
        "while true do pcall(function() local t = {} for i = 1, 1e9 do t[i] = { i } end end) end", MEMORY),
    # Time, while code runs
    Case("while true, four per core", "while true do end", TIME, on_each_loop=4),
    Case("while true", "while true do end", TIME),
    Case("pcall in a loop", f"while true do pcall({FOREVER}) end", TIME),
    Case("xpcall, a handler that loops", f"while true do xpcall(error, {FOREVER}) end", HELD, time_limit="3s"),
    Case("coroutine.wrap in a loop", f"while true do pcall(coroutine.wrap({FOREVER})) end", TIME),
    Case("__close that loops", f"do local x <close> = setmetatable({{}}, {{ __close = {FOREVER} }}) end", TIME),
    Case(
        "__close that loops after an error",
        f"local x <close> = setmetatable({{}}, {{ __close = {FOREVER} }}) error 'mine'", refused("handler.lua:2: mine")),
    Case(
        "an __index chain",
        "local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end }) "
        "while true do pcall(function() return t[1] end) end", TIME),
    Case(
        "table.sort, a comparator that loops",
        f"local t = {{}} for i = 1, 100 do t[i] = i end table.sort(t, {FOREVER})", TIME),
    Case(
        "string.gsub, a callback that loops", f"return (('x'):rep(100)):gsub('.', {FOREVER})", TIME),
    Case("a pathological pattern", 'return ("a"):rep(40):find(("a*"):rep(30) .. "b")', TIME),
    Case("code from load", "load 'while true do end' ()", TIME),
    Case("a module that loops while it loads", "require 'endless'", TIME, files={"lib/endless.lua": "while true do end"}),
    # Time, while it waits
    Case("task.sleep(60)", 'require("task").sleep(60)', TIME),
    Case("http.get, nobody answers", 'require("http").get("http://127.0.0.1:" .. data.req.Body)', TIME),
    # Out of the sandbox
    Case("io.open", 'return io.open("/etc/passwd"):read "a"', refused("attempt to index a nil value")),
    Case("io.popen", 'io.popen "kill -9 $PPID"', refused("io.popen is not available in a function")),
    Case("os.execute", 'os.execute "kill -9 $PPID"', refused("os.execute is not available in a function")),
    Case("os.exit", "os.exit(0)", refused("os.exit is not available in a function")),
    Case("debug.getregistry", "debug.getregistry()", refused("debug.getregistry is not available in a function")),
    Case("string.dump", "return string.dump(print)", refused("attempt to call a nil value (field 'dump')")),
    Case("load of a binary chunk", 'assert(load("\\27Lua"))', refused("attempt to load a binary chunk")),
    Case("require of a file outside", 'require "../../etc/passwd"', refused("module '../../etc/passwd' not found")),
    Case("the metatable of strings", 'getmetatable("").__index = {}', refused("attempt to index a boolean value")),
    Case("__gc", "setmetatable({}, { __gc = print })", refused("__gc is not available in a metatable")),
    Case(
        'collectgarbage "stop"', 'collectgarbage "stop" for _ = 1, 1e6 do local t = {} end return "still collected"',
        ("no effect", "still collected"), succeeds=True),
    Case(
        "the inside of luafunc's functions",
        'for n = 1, 255 do assert(not debug.getupvalue(require, n) and not debug.setupvalue(print, n, 1)) end '
        'return debug.getinfo(require, "S").source .. " only"',
        ("no effect", "=[C] only"), succeeds=True),
    Case("a global it did not declare", "owned = true", refused("assignment to undeclared global 'owned'")),
    Case(
        "other functions' libraries",
        'string.upper = error tostring = error _G.string = {} return "nobody else saw it"',
        ("no effect", "nobody else saw it"), succeeds=True),
]
