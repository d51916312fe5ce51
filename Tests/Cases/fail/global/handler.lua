return function() total = 1 end
