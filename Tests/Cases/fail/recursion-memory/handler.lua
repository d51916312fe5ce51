-- The stack itself outgrows the usual memory limit.
local function f() return 1 + f() end
return function() return f() end
