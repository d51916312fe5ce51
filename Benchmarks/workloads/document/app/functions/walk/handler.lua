local sum = require "sum"

return function(data)
  return ("%.2f"):format(sum(data.req:json()))
end
