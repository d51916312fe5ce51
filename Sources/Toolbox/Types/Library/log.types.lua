---@meta luafunc.log

---A format of `string.format` and its values; or values, which are written as `print` does. `%s` shows a table.
---@class luafunc.log
---@overload fun(message: any, ...: any)
local log = {}

---Writes a line at level `debug`, which is shown only with `--log-level debug`, or `start --verbose`.
---@param message any
---@param ... any
function log.debug(message, ...) end

---Writes a line at level `info`, as `print` does.
---@param message any
---@param ... any
function log.info(message, ...) end

---Writes a line at level `warn`.
---@param message any
---@param ... any
function log.warn(message, ...) end

---Writes a line at level `error`. It does not end the invocation; `error` does.
---@param message any
---@param ... any
function log.error(message, ...) end

return log
