-- The caller must not get the message of the queue.
return function() return "order 7" end
