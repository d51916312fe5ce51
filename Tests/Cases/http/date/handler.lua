return function() return "2024-01-01T00:00:00Z" end
