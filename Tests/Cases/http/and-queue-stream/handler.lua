return function()
  return {
    Outputs = { o = "kept-message", res = { statusCode = 201, body = function(write) write "a" write "b" end } },
    Logs = { "a line" },
  }
end
