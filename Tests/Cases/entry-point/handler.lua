return { one = function() print "one" end, two = function() print "two" end }
