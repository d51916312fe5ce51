-- A list of the documents that were created or changed.
return function(data)
  for _, document in ipairs(data.documents) do
    print(document.id .. ": " .. (document.name or "no name"))
  end
end
