return function() coroutine.yield() end
