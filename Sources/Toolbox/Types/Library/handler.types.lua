---@meta _

---The request of an HTTP trigger.
---@class luafunc.Request
---@field Method string In capital letters.
---@field Url string The whole URL that the caller asked for.
---@field Query table<string, string> Repeated values are joined with a comma; `req:queries` has them one by one.
---@field Headers table<string, string[]> Lists of lines, by name as sent; `req:header` ignores the case.
---@field Params table<string, string> The route's parameters. One that is missing is nil.
---@field Identities table[] Who signed in. A plain request has only the anonymous identity.
---@field Body? string Text, or bytes for application/octet-stream and multipart.
local Request = {}

---The body as a table. If it is not JSON, the caller gets a 400 response. A null is `json.null`.
---@return any
function Request:json() end

---The fields of a form, urlencoded or multipart: the first values by name, and lists of all values by name.
---@return table<string, string|luafunc.FormFile> first
---@return table<string, (string|luafunc.FormFile)[]> all
function Request:form() end

---The first line of a header, in any case, or nil.
---@param name string
---@return string?
function Request:header(name) end

---All values of a header. Lines are split at commas, but not dates and other single values.
---@param name string
---@return string[]
function Request:headers(name) end

---The value of a cookie as it was sent, or nil.
---@param name string
---@return string?
function Request:cookie(name) end

---The first value of a query field, or nil.
---@param name string
---@return string?
function Request:query(name) end

---All values of a query field.
---@param name string
---@return string[]
function Request:queries(name) end

---The body, or the empty text.
---@return string
function Request:bytes() end

---Do not use `filename` as a path: it is what the caller sent.
---@class luafunc.FormFile
---@field filename string
---@field contentType? string
---@field body string

---What a timer trigger gets.
---@class luafunc.Timer
---@field Schedule table<string, any>
---@field ScheduleStatus? luafunc.ScheduleStatus nil if the schedule is not monitored.
---@field IsPastDue boolean Whether the run is late.

---@class luafunc.ScheduleStatus
---@field Last string
---@field LastUpdated string
---@field Next string

---An event in Event Grid's schema, or a CloudEvent.
---@class luafunc.GridEvent
---@field id string
---@field subject? string
---@field data any
---@field eventType? string In Event Grid's schema.
---@field eventTime? string In Event Grid's schema.
---@field topic? string In Event Grid's schema.
---@field dataVersion? string In Event Grid's schema.
---@field type? string In a CloudEvent.
---@field source? string In a CloudEvent.
---@field time? string In a CloudEvent.

---@class luafunc.SQLChange
---@field Operation integer 0 is an insert, 1 an update, 2 a deletion.
---@field Item table<string, any> The row.

---The third argument of a handler.
---@class luafunc.Context
---@field invocationId string The same in every line of the log. Each retry has an id of its own.
---@field functionName string
---@field hostVersion? string
---@field traceparent? string
---@field retry? luafunc.Retry nil if this is no retry, and in plain requests.
---@field bindings table<string, any>[] The bindings of function.json.
---@field payload? string The host's JSON; nil in plain requests.
---@field log luafunc.log
---@field deadline fun(): number The seconds that are left.

---@class luafunc.Retry
---@field count integer How often the host has tried again.
---@field max integer How often it does at most.

---The trigger's other data, by name. Callers of an HTTP trigger can add fields, so do not trust it.
---@alias luafunc.Metadata table<string, any>

---An HTTP response. Any other member is an error; to send a table as JSON, put it into `body`.
---@class luafunc.Response
---@field statusCode? integer The default is 200.
---@field status? integer The same as `statusCode`.
---@field headers? table<string, string|number|string[]> By name; a list for several values.
---@field cookies? luafunc.Cookie[] A payload passes on only one.
---@field body? luafunc.ResponseBody

---Text, bytes, a table (JSON), a number, a boolean, or a function or coroutine that produces the pieces.
---@alias luafunc.ResponseBody string|number|boolean|table|thread|luafunc.Bytes|fun(write: fun(piece: string)): string?

---@class luafunc.Cookie
---@field name string
---@field value string Sent unchanged; encode what is not ASCII.
---@field path? string
---@field domain? string
---@field expires? string Such as "Wed, 21 Oct 2026 07:28:00 GMT".
---@field maxAge? integer Seconds.
---@field secure? boolean
---@field httpOnly? boolean
---@field sameSite? "Strict"|"Lax"|"None"

---What an HTTP output takes.
---@alias luafunc.HTTPOutput string|number|boolean|luafunc.Response|luafunc.ReceivedResponse

---What a queue or an event hub takes: one message, or a list. A table is sent as JSON.
---@alias luafunc.MessageOutput string|number|boolean|table|luafunc.Bytes

---What Service Bus takes: one message, or a list, without bytes.
---@alias luafunc.TextMessageOutput string|number|boolean|table

---@alias luafunc.BlobOutput string|number|boolean|table|luafunc.Bytes

---A document or a row, or a list of them.
---@alias luafunc.DocumentOutput table

---The whole response payload, in place of a table of outputs.
---@class luafunc.Payload
---@field Outputs? table<string, any> By the names of the bindings.
---@field ReturnValue? any
---@field Logs? string[]
