return function() return nil, "the database is down", 7 end
