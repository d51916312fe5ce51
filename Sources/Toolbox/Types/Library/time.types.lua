---@meta luafunc.time

---All times are seconds since 1970 and all dates are in UTC; there are no time zones.
---@class luafunc.time
local time = {}

---@class luafunc.DateParts
---@field year integer
---@field month integer 1 to 12.
---@field day integer 1 to 31.
---@field hour? integer 0 to 23.
---@field min? integer 0 to 59.
---@field sec? integer 0 to 59.
---@field fraction? number The part of a second, from 0 to less than 1.

---@class luafunc.Date: luafunc.DateParts
---@field hour integer 0 to 23.
---@field min integer 0 to 59.
---@field sec integer 0 to 59.
---@field fraction number The part of a second, from 0 to less than 1.
---@field weekday integer 1 is Monday, 7 is Sunday.
---@field yearDay integer 1 to 366.

---@class luafunc.TimeAmounts
---@field years? integer Moved first; a day that the month lacks becomes its last day.
---@field months? integer Moved with the years.
---@field days? number Days of 86,400 seconds.
---@field hours? number
---@field minutes? number
---@field seconds? number

---The time now, in seconds, with a fraction.
---@return number seconds
function time.now() end

---Seconds that only grow, to measure durations. They say nothing about the date.
---@return number seconds
function time.monotonic() end

---A text such as `2026-03-01T10:20:30Z`, with milliseconds if there is a fraction.
---@param seconds? number Now, unless it is given.
---@return string
function time.format(seconds) end

---The seconds of an RFC 3339 text; or nil, a message and the kind. Without an offset, it is UTC.
---@param text string
---@return number? seconds
---@return string? message
---@return "format"|"range"|nil kind
function time.parse(text) end

---The parts of a time in UTC.
---@param seconds? number Now, unless it is given.
---@return luafunc.Date
function time.date(seconds) end

---The seconds of such parts. A day that does not exist raises an error.
---@param parts luafunc.DateParts
---@return number seconds
function time.from(parts) end

---The time moved by these amounts, which may be negative.
---@param seconds number
---@param amounts luafunc.TimeAmounts
---@return number seconds
function time.add(seconds, amounts) end

return time
