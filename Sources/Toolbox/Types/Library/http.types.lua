---@meta luafunc.http

---@class luafunc.http
local http = {}

---@class luafunc.RetryOptions
---@field attempts? integer Including the first, up to 100. The default is 3.
---@field delay? number Seconds before the second attempt. The default is 0.5.
---@field backoff? number The factor by which each wait is longer than the one before. The default is 2.
---@field maxDelay? number The longest wait in seconds. The default is 30.
---@field on? (integer|luafunc.FailureKind)[] The statuses and kinds that are tried again.

---@class luafunc.HTTPOptions
---@field headers? table<string, string|number|boolean|string[]> By name; a list for several values.
---@field timeout? number Seconds for one attempt, or for each wait with pieces. The default is 30.
---@field limit? integer The largest body of a response in bytes. The default is 32 MB.
---@field follow? boolean|integer How many redirects to follow, up to 50. The default, true, stands for 5.
---@field stream? boolean Return when the head has arrived, and read the body with `response:chunks()`.
---@field retry? luafunc.RetryOptions Try again; without it, there is one attempt.

---@class luafunc.HTTPRequest: luafunc.HTTPOptions
---@field url string
---@field method? string The default is GET.
---@field body? luafunc.OutgoingBody

---Text, a table that is sent as JSON, or a function that returns the next piece, and nil at the end.
---@alias luafunc.OutgoingBody string|table|fun(): string?

---@alias luafunc.FailureKind
---| "url" # not a URL of http or https
---| "dns" # the host name has no address
---| "connect" # no server accepts the connection
---| "tls" # the certificate is not valid, or no TLS 1.2
---| "timeout" # not complete within `timeout`
---| "limit" # the body is larger than `limit`
---| "redirect" # too many redirects, or a refused one
---| "http" # the server violates HTTP
---| "network" # the connection breaks

---@class luafunc.Failure
---@field url string Without user, password and query.
---@field attempts integer 0 if the URL is wrong.
---@field status? integer If the head of a response had arrived.

---A response that has arrived. A handler may return it as it is.
---@class luafunc.ReceivedResponse
---@field status integer
---@field headers table<string, any> By name, in any case. `set-cookie` is a list.
---@field body any Text; with `stream`, a function that a handler may return.
local Received = {}

---The body as a value. A body that is not JSON raises an error.
---@return any
function Received:json() end

---All values of a header, one by one.
---@param name string
---@return string[]
function Received:values(name) end

---An iterator over the pieces of a body, after `stream = true`. It raises an error if the body breaks off.
---@return fun(): string?
function Received:chunks() end

---Ends a streamed body early. `local response <close> = …` does that by itself.
function Received:close() end

---Sends any request. Nothing that happens outside raises an error: look at the first result. A status such as 404 is a response.
---@param request luafunc.HTTPRequest
---@return luafunc.ReceivedResponse? response
---@return string? message
---@return luafunc.FailureKind? kind
---@return luafunc.Failure? details
function http.request(request) end

---Sends a GET. Without a response, the results are nil, a message, the kind and details.
---@param url string
---@param options? luafunc.HTTPOptions
---@return luafunc.ReceivedResponse? response
---@return string? message
---@return luafunc.FailureKind? kind
---@return luafunc.Failure? details
function http.get(url, options) end

---Sends a HEAD. Without a response, the results are nil, a message, the kind and details.
---@param url string
---@param options? luafunc.HTTPOptions
---@return luafunc.ReceivedResponse? response
---@return string? message
---@return luafunc.FailureKind? kind
---@return luafunc.Failure? details
function http.head(url, options) end

---Sends a DELETE. Without a response, the results are nil, a message, the kind and details.
---@param url string
---@param options? luafunc.HTTPOptions
---@return luafunc.ReceivedResponse? response
---@return string? message
---@return luafunc.FailureKind? kind
---@return luafunc.Failure? details
function http.delete(url, options) end

---Sends a POST. With `retry`, the server may do it twice. A table as the body is sent as JSON.
---@param url string
---@param body? luafunc.OutgoingBody
---@param options? luafunc.HTTPOptions
---@return luafunc.ReceivedResponse? response
---@return string? message
---@return luafunc.FailureKind? kind
---@return luafunc.Failure? details
function http.post(url, body, options) end

---Sends a PUT. A table as the body is sent as JSON.
---@param url string
---@param body? luafunc.OutgoingBody
---@param options? luafunc.HTTPOptions
---@return luafunc.ReceivedResponse? response
---@return string? message
---@return luafunc.FailureKind? kind
---@return luafunc.Failure? details
function http.put(url, body, options) end

---Sends a PATCH. With `retry`, the server may do it twice. A table as the body is sent as JSON.
---@param url string
---@param body? luafunc.OutgoingBody
---@param options? luafunc.HTTPOptions
---@return luafunc.ReceivedResponse? response
---@return string? message
---@return luafunc.FailureKind? kind
---@return luafunc.Failure? details
function http.patch(url, body, options) end

---Marks a table as an HTTP response. A handler may return it, or raise it with `error`.
---@param response luafunc.Response
---@return luafunc.Response
function http.response(response) end

---@class luafunc.ServerEvent
---@field event? string
---@field data? any A table is sent as JSON.
---@field id? string|number
---@field retry? integer Milliseconds.

---A response of server-sent events. It reaches the caller as it is written only if the host proxies.
---@param body fun(send: fun(event: luafunc.ServerEvent|string|number))
---@return luafunc.Response
function http.eventStream(body) end

---@class luafunc.FileOptions
---@field root string A folder of the app, but not the app itself.
---@field index? string|false The file that stands for a folder. The default is "index.html".

---A file of the app as a response: 200, 206, 304, 404 or 416; or nil, a message and the kind if it cannot be read.
---@param path? string As the caller sent it; it cannot leave `root`.
---@param options luafunc.FileOptions
---@return luafunc.Response? response
---@return string? message
---@return "file"|nil kind
function http.file(path, options) end

return http
