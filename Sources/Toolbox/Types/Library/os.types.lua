---@meta _

---Without processes and files.
os = {}

---@class luafunc.OSDate
---@field year integer
---@field month integer
---@field day integer
---@field hour? integer
---@field min? integer
---@field sec? integer
---@field isdst? boolean

---@class luafunc.OSDateTable: luafunc.OSDate
---@field hour integer
---@field min integer
---@field sec integer
---@field wday integer 1 is Sunday.
---@field yday integer

---Seconds of CPU time. To measure durations, use `time.monotonic`.
---@return number
function os.clock() end

---A text for a time, or a table for "*t" and "!*t".
---@param format? string
---@param time? integer
---@return string|luafunc.OSDateTable
function os.date(format, time) end

---The seconds from `t1` to `t2`.
---@param t2 number
---@param t1 number
---@return number
function os.difftime(t2, t1) end

---Ends a test file or the prompt. Functions do not have it: return, or raise an error.
---@param code? integer|boolean
function os.exit(code) end

---An app setting, or nil. In a test, `stub.env` sets it.
---@param name string
---@return string?
function os.getenv(name) end

---Seconds since 1970, of now or of such a table.
---@param date? luafunc.OSDate
---@return integer
function os.time(date) end
