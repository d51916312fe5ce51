---@meta _

---What shows the script's own code. Nothing of luafunc can be reached.
debug = {}

---@class luafunc.DebugInfo
---@field name? string
---@field namewhat string
---@field short_src string
---@field linedefined integer
---@field lastlinedefined integer
---@field what string
---@field currentline integer
---@field istailcall boolean
---@field nups integer
---@field nparams integer
---@field isvararg boolean
---@field func? function
---@field ntransfer integer
---@field ftransfer integer
---@field activelines? table<integer, true>
---@field source string

---The calls that are running, as text.
---@param message? any
---@param level? integer
---@return string
---@overload fun(thread: thread, message?: any, level?: integer): string
function debug.traceback(message, level) end

---What is known of a function, or of the call at a level.
---@param f integer|function
---@param what? string
---@return luafunc.DebugInfo?
---@overload fun(thread: thread, f: integer|function, what?: string): luafunc.DebugInfo?
function debug.getinfo(f, what) end

---The metatable, unless it has `__metatable`.
---@param value any
---@return table?
function debug.getmetatable(value) end

---Only tables can get a metatable.
---@generic T: table
---@param value T
---@param meta? table
---@return T
function debug.setmetatable(value, meta) end

---Always nil: a script has no hook.
---@param thread? thread
---@return nil
function debug.gethook(thread) end

---Only without arguments, where it has no effect: a script cannot set a hook.
function debug.sethook() end

---Only `_ENV`.
---@param f function
---@param up integer
---@return string? name
---@return any value
function debug.getupvalue(f, up) end

---Only `_ENV`.
---@param f function
---@param up integer
---@param value any
---@return string? name
function debug.setupvalue(f, up, value) end

---Only `_ENV`.
---@param f1 function
---@param n1 integer
---@param f2 function
---@param n2 integer
function debug.upvaluejoin(f1, n1, f2, n2) end
