return function()
  print("before")
  error("no luck")
end
