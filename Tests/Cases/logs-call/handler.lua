return function(_, _, context)
  context.log("plain")
  context.log("%d", 3)
end
