return function() error() end
