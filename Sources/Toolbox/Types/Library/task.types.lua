---@meta luafunc.task

---@class luafunc.task
local task = {}

---A function that runs beside the handler. The response waits for it.
---@class luafunc.Task
local Task = {}

---Waits for the end of the task and returns its results, any number of times. It raises the task's error.
---@return any ...
function Task:join() end

---Ends the task. It returns false if the task had ended, or is the one that calls.
---@return boolean
function Task:cancel() end

---Waits without holding a thread. `task.sleep(0)` lets other tasks run.
---@param seconds number
function task.sleep(seconds) end

---Runs the functions concurrently, and returns the first result of each in a list. The first error cancels the others.
---@generic T
---@param functions (fun(): T)[]
---@return T[]
function task.all(functions) end

---Starts `f(…)`. It begins when the running code waits or ends.
---@param f fun(...: any): ...
---@param ... any
---@return luafunc.Task
function task.spawn(f, ...) end

return task
