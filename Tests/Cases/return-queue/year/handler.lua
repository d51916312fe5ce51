return function() return "2024" end
