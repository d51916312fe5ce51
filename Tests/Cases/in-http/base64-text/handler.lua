-- A text body that happens to look like base64 stays text.
return function(data) return data.req.Body end
