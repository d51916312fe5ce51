return function() return "\137PNG\255" end
