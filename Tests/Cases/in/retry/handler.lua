return function(data, metadata, context)
  print(context.retry.count, context.retry.max, metadata.RetryContext.RetryCount)
end
