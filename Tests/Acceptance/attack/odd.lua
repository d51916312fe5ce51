-- Calls the functions of all modules, and the methods of all objects, with odd arguments. The request's body is a
-- number, from which all calls are derived. If " trace" follows the number, each call is logged before it is made.
local azure, http, json, task = require "azure", require "http", require "json", require "task"
local coroutine, error, load, next, pcall, rawset, select, setmetatable, tostring, type, xpcall =
  coroutine, error, load, next, pcall, rawset, select, setmetatable, tostring, type, xpcall
local concat, format, gsub, pack, remove, rep, sort, sub, unpack = table.concat, string.format, string.gsub, table.pack,
  table.remove, string.rep, table.sort, string.sub, table.unpack
local info, match, tointeger = require "log".info, string.match, math.tointeger

local functions, names = {}, {}

local function note(name, value)
  if type(value) == "function" then
    if not functions[name] then names[#names + 1] = name end
    functions[name] = value
  end
end

for _, name in ipairs { "azure", "base64", "crypto", "http", "json", "jwt", "log", "task", "time", "url", "uuid", "coroutine", "math",
                        "os", "string", "table", "utf8" } do
  for field, value in next, require(name) do note(name .. "." .. field, value) end
end
for field, value in next, require("crypto").aesGcm do note("crypto.aesGcm." .. field, value) end
for name, value in next, _G do note(name, value) end
for _, name in ipairs { "debug", "io", "package" } do
  for field, value in next, require(name) do note(name .. "." .. field, value) end
end
for field, value in next, { "close", "flush", "read", "seek", "setvbuf", "write" } do
  note("io.stdout:" .. value, io.stdout[value])
end
-- It must not take the globals away from this script.
functions["debug.setupvalue"] = function(_, ...) return debug.setupvalue(load "return x", ...) end
note("log", function(...) return require "log"(...) end)
-- The tasks of the invocations in this VM, which wait for them at their end.
local spawned = {}
local function spawn(...)
  local t = task.spawn(...)
  spawned[#spawned + 1] = t
  return t
end
functions["task.spawn"] = spawn
sort(names)

-- Values of earlier invocations: threads, tasks, requests and contexts that do not belong to this invocation.
local kept = {}

-- A list whose length, as Lua reports it, is 2^62.
local function holes()
  local text = {}
  for bit = 0, 62 do text[#text + 1] = format("[1 << %d] = 1", bit) end
  return load("return { " .. concat(text, ", ") .. " }")()
end

-- Processing this text takes longer than a slice.
local long = rep("x", 8 << 20)

-- The type of the first argument that most functions of a module expect.
local wanted = { base64 = "string", coroutine = "thread", crypto = "string", debug = "function", io = "string", json = "table", jwt = "string", log = "string", math = "number",
                 string = "string", table = "table", task = "function", time = "number", url = "string", utf8 = "string" }

local function nested(depth)
  local t = {}
  for _ = 1, depth do t = { t } end
  return t
end

local function values(data, metadata, context)
  local cycle = {}
  cycle.cycle = cycle
  local list = {
    true, false, 0, -1, 1, 2, 3, 0.5, -0.5, 17, 255, 256, 1 << 31, 1 << 32, (1 << 53) + 1, math.maxinteger, math.mininteger,
    2.0 ^ 53, 2.0 ^ 63, 1e308, -1e308, 1e-320, math.huge, -math.huge, 0 / 0, -0.0, 253402300799.9999,
    "", "0", " ", "\0", "\255", "a\0b", "x\255y", "é", "nan", "0x1p4", "1e999", "-", rep("x", 100), rep("\255", 1000),
    rep("x", 100000), long, rep("1", 100000), rep("[", 200), rep("(", 40),
    "%s%d%q", "\0%q", "%99.99f", "%b()", "%f[", "[", "%", "(.-)%s*$", "^", "%1", "()", "[^]", "%z", "!i16", "c9", "s8", "z", "*t",
    "!%c", "%Ex", '{"a":[1,2,{"b":null}],"c":"\\ud83d\\ude00"}', "[1,2", "1" .. rep("0", 400), "http://127.0.0.1:1/", "http://[::1",
    "https://u:p@x:99999/%zz?a=1#b", "2026-03-01T10:20:30Z", "2026-03-01T10:20:30.5+01:00", "9999-12-31T23:59:59.9999Z", "sha256", "RS256", "ES256", "der",
    "raw", "hex", "GET", "_-+/=", "QQ==", "=", "return ...", "json", "../x", "k", "v", "kv", "count", "n",
    {}, { 1, 2, 3 }, { n = 1 }, { 1, nil, 3 }, { "a", "b", x = 1 }, { [0.5] = 1 }, { [true] = 1 }, { year = 2026, month = 1, day = 1 },
    { year = math.maxinteger, month = -1, day = 1 << 40 }, { url = "x" }, { url = "http://127.0.0.1:1/", timeout = 1e-9 },
    { url = "http://127.0.0.1:1/", timeout = 0 / 0, limit = math.maxinteger }, { headers = { a = { "b" } } },
    { status = 204, body = "x" }, { statusCode = 1e300 }, { cookies = { { name = "a", value = "\0" } } }, holes(), { holes() }, nested(200), cycle,
    { password = "x", salt = "", iterations = 3000 }, { password = long, salt = "", iterations = 3 }, { kty = "RSA", n = "AQAB", e = "AQAB" },
    { kty = "EC", crv = "P-256", x = rep("A", 43), y = rep("A", 43) }, { issuer = "x", keys = { kty = "oct" } }, { secret = rep("s", 64), issuer = { "x" } },
    { issuer = "x", jwks = "https://127.0.0.1:1/" }, { secret = rep("s", 64) }, rep("k", 32), { nonce = rep("n", 12), aad = "x" },
    { data = "a\r\nb", id = 1 }, { event = {} }, { rep("x", 1000) }, { -1, maxinteger = math.maxinteger },
    setmetatable({}, { __index = error, __newindex = error, __len = error }),
    setmetatable({}, { __len = function() return math.maxinteger end, __index = function() return "" end }),
    setmetatable({}, { __len = function() return 0.5 end }), setmetatable({}, { __tostring = function() return {} end }),
    setmetatable({}, { __name = 5 }), setmetatable({}, { __mode = "kv" }), setmetatable({ 1 }, { __pairs = error, __call = error }),
    setmetatable({}, { __close = error, __eq = error, __lt = error, __le = error, __concat = error }),
    setmetatable({ 3, 2, 1 }, { __metatable = "mine", __call = function(_, ...) return ... end }),
    json.null, json.array(), json.object { 1, 2 }, azure.bytes "x\255", http.response { statusCode = 404, body = "x" },
    function() end, function(...) return ... end, error, coroutine.yield, function() return unpack({}, 1, 1000) end,
    function() task.sleep(0) return "x" end, function() error(json.null) end, function() return nil, "x" end,
    coroutine.create(function() end), coroutine.create(coroutine.yield), coroutine.create(error),
    coroutine.create(function() task.sleep(0) end), coroutine.running(), coroutine.wrap(coroutine.yield), coroutine.wrap(error),
    spawn(function() return coroutine.running() end), spawn(error, "x"), spawn(coroutine.yield),
    data, metadata, context, context.deadline, context.bindings, data.req,
  }
  local co = coroutine.create(function()
    local x <close> = setmetatable({}, { __close = function() task.sleep(0) end })
    coroutine.yield()
  end)
  coroutine.resume(co)
  list[#list + 1] = co
  local changed = azure.bytes "x"
  changed[1] = 5
  list[#list + 1] = changed
  for _, value in next, { "bytes", "json", "headers", "header", "cookie", "queries", "query", "form" } do
    local method = data.req[value]
    list[#list + 1] = method
    note("req." .. value, function(...) return method(data.req, ...) end)
    note("req-" .. value, method)
  end
  note("task-join", spawn(function() end).join)
  note("task-cancel", spawn(function() end).cancel)
  return list
end

return function(data, metadata, context)
  local state = tointeger(match(data.req.Body, "%d+")) or 0
  local traces = match(data.req.Body, "trace") ~= nil
  local function below(count)
    state = (state * 6364136223846793005 + 1442695040888963407) & math.maxinteger
    return (state >> 33) % count + 1
  end

  local pool = values(data, metadata, context)
  sort(names)
  local fresh = #pool
  for index = 1, #kept do pool[#pool + 1] = kept[index] end

  local function any() return pool[below(#pool)] end

  -- Usually returns a value of this type; if it does not find one soon, any value.
  local function of(kind)
    for _ = 1, kind and below(4) > 1 and 20 or 0 do
      local value = any()
      if type(value) == kind then return value end
    end
    return any()
  end

  -- Odd ways to call a function. Each gets a function that takes no arguments.
  local ways = {
    function(f) return coroutine.wrap(f)() end,
    function(f) return spawn(f):join() end,
    function(f) return spawn(f):cancel() end,
    function(f) return task.all { f, f } end,
    function(f) return setmetatable({}, { __index = f }).x end,
    function(f) return setmetatable({}, { __lt = f }) < 1 end,
    function(f) return #setmetatable({}, { __len = f }) end,
    function(f) return sort({ 3, 1, 2 }, f) end,
    function(f) return gsub("abc", "%w", f) end,
    function(f) return format("%s", setmetatable({}, { __tostring = f })) end,
    function(f) return format("%s", setmetatable({}, { __tostring = function() return tostring(coroutine.wrap(f)()) end })) end,
    function(f) return xpcall(error, f) end,
    function(f) return load(f) end,
    function(f) local x <close> = setmetatable({}, { __close = f }) end,
    function(f)
      local co = coroutine.create(function()
        local x <close> = setmetatable({}, { __close = f })
        coroutine.yield()
      end)
      coroutine.resume(co)
      return coroutine.close(co)
    end,
  }

  for _ = 1, 100 do
    local name = names[below(#names)]
    local arguments = { n = below(5) - 1 }
    for index = 1, arguments.n do arguments[index] = of(index == 1 and wanted[match(name, "^%w+")]) end
    local function call() return functions[name](unpack(arguments, 1, arguments.n)) end
    local way = below(3) == 1 and below(#ways)
    if traces then
      local texts = {}
      for index = 1, arguments.n do texts[index] = sub(select(2, pcall(format, "%q", arguments[index])), 1, 60) end
      info(name .. "(" .. concat(texts, ", ") .. ") " .. tostring(way))
    end
    local results
    if way then results = pack(pcall(ways[way], call)) else results = pack(pcall(call)) end
    -- The result becomes a possible argument of later calls.
    if results[1] and results[2] ~= nil then pool[#pool < fresh + 40 and #pool + 1 or fresh + below(40)] = results[2] end
  end

  -- One invocation of eight leaves its tasks behind.
  if below(8) > 1 then
    for index = #spawned, 1, -1 do
      local t = spawned[index]
      -- Other tasks belong to other invocations, which wait in this VM.
      if t and pcall(t.cancel, t) then
        remove(spawned, index)
        pcall(t.join, t)
      end
    end
    if #spawned > 500 then spawned = {} end
  end
  for index = 1, 12 do kept[index] = any() end
  kept[13], kept[14], kept[15] = coroutine.running(), context, data
  local outcomes = {
    any, function() return { body = any() } end, function() return { statusCode = any(), headers = any(), body = any() } end,
    function() return { headers = { [tostring(any())] = any() } } end, function() return { cookies = { any() } } end,
    function() return http.response { body = any() } end, function() return { Outputs = any(), Logs = any() } end,
    function() return { ReturnValue = any() } end, function() return nil, any() end, function() error(any()) end,
    function() return { message = any() } end, function() return { message = any() } end,
    function() return { message = { any(), any() } } end,
  }
  return outcomes[below(#outcomes)]()
end
