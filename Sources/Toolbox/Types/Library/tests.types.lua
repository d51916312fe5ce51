---@meta _

-- The globals of test files (*_test.lua). A function does not have them.

---Registers a test. Tests run in their order, after the file has loaded.
---@param name string
---@param f fun()
function test(name, f) end

---Groups tests: the name of the group precedes theirs.
---@param name string
---@param f fun()
function describe(name, f) end

---Ends a test, or the whole file, as skipped.
---@param reason? string
function skip(reason) end

---@class luafunc.TestEvent
---@field input? string The trigger's text.
---@field method? string
---@field url? string
---@field query? table<string, any>
---@field params? table<string, string>
---@field headers? table<string, any>
---@field body? any A table is sent as JSON.
---@field inputs? table<string, any> Values of other input bindings by name.
---@field metadata? table<string, any> Adds to the event's metadata; not for HTTP.
---@field isPastDue? boolean For a timer that fires late.
---@field payload? string|table The whole event, in place of the other members.

---@class luafunc.TestResult
---@field response? luafunc.TestResponse For an HTTP function.
---@field outputs table<string, any> By the names of the bindings: what is delivered. A table arrives as JSON.
---@field returnValue? any What stands for `$return`, if that is no HTTP response.
---@field error? string Why the invocation failed. A function that fails does not make its test fail.
---@field traceback? string
---@field logs string[] The lines that the function has printed.
---@field warnings string[] What the host would silently change or drop.

---@class luafunc.TestResponse
---@field statusCode integer
---@field headers table<string, string> In any case.
---@field body string
local TestResponse = {}

---The body as a value.
---@return any
function TestResponse:json() end

---Calls a function of the app, and treats its answer as the host does.
---@param name string
---@param event? string|luafunc.TestEvent
---@return luafunc.TestResult
function invoke(name, event) end

---@class luafunc.Expectation
---@field never luafunc.Expectation The opposite of the matcher that follows.
local Expectation = {}

---The values are equal: tables member by member at any depth.
---@param y any
---@return luafunc.Expectation
function Expectation:equals(y) end

---It is nil. JSON's null is not.
---@return luafunc.Expectation
function Expectation:isNil() end

---It is true itself. For any value that counts as true, use `isTruthy`.
---@return luafunc.Expectation
function Expectation:isTrue() end

---It is false itself. For nil or false, use `isFalsy`.
---@return luafunc.Expectation
function Expectation:isFalse() end

---It counts as true in an `if`.
---@return luafunc.Expectation
function Expectation:isTruthy() end

---It is nil or false.
---@return luafunc.Expectation
function Expectation:isFalsy() end

---It has this type.
---@param type "nil"|"boolean"|"number"|"string"|"table"|"function"|"userdata"|"thread"|"integer"|"float"
---@return luafunc.Expectation
function Expectation:is(type) end

---A text has a text in it, a list an element or all elements of a list, a table all members of a table.
---@param x any
---@return luafunc.Expectation
function Expectation:contains(x) end

---It is a text that matches a Lua pattern.
---@param pattern string
---@return luafunc.Expectation
function Expectation:matches(pattern) end

---The bytes of a text, the elements of a list, or the members of another table.
---@param n integer
---@return luafunc.Expectation
function Expectation:hasLength(n) end

---It is a larger number.
---@param n number
---@return luafunc.Expectation
function Expectation:isAbove(n) end

---It is a smaller number.
---@param n number
---@return luafunc.Expectation
function Expectation:isBelow(n) end

---It is this number, or a larger one.
---@param n number
---@return luafunc.Expectation
function Expectation:isAtLeast(n) end

---It is this number, or a smaller one.
---@param n number
---@return luafunc.Expectation
function Expectation:isAtMost(n) end

---It differs from `y` by at most the tolerance.
---@param y number
---@param tolerance number
---@return luafunc.Expectation
function Expectation:isNear(y, tolerance) end

---Its call raises an error: a text or a pattern in the message, or members of a table. It returns the error.
---@param what? string|table
---@return any
function Expectation:fails(what) end

---Says what a value must be: `expect(value):equals(7)`. The label precedes the message of a failure.
---@param value any
---@param label? string
---@return luafunc.Expectation
function expect(value, label) end

---The clock of the test. It stands still while code runs, and jumps while everything waits.
---@class luafunc.Clock
clock = {}

---Moves the clock.
---@param seconds number
function clock:advance(seconds) end

---The seconds since 1970 on this clock.
---@return number seconds
function clock:now() end

---Sets the clock.
---@param time string|number An RFC 3339 text, or seconds since 1970.
function clock:set(time) end

---@class luafunc.StubReply
---@field status? integer The default is 200.
---@field headers? table<string, any>
---@field body? string|table A table is sent as JSON.
---@field delay? number Seconds of the test's clock.
---@field error? "dns"|"connect"|"refused"|"tls"|"timeout"|"limit"|"redirect"|"http"|"network"|"closed" In place of a response.

---@class luafunc.StubbedRequest
---@field method string
---@field url string
---@field headers table<string, string> In any case.
---@field body string
local StubbedRequest = {}

---The body as a value.
---@return any
function StubbedRequest:json() end

---@class luafunc.StubHandle
---@field calls luafunc.StubbedRequest[]

---Stands for the world outside. A stub that a test makes ends with it.
---@class luafunc.Stub
stub = {}

---Answers requests. `*` in the URL stands for any text; a list of replies is used in order.
---@param request string A URL, perhaps with a method before it.
---@param reply luafunc.StubReply|luafunc.StubReply[]|fun(request: luafunc.StubbedRequest): luafunc.StubReply
---@return luafunc.StubHandle
function stub.http(request, reply) end

---Sets what `os.getenv` returns.
---@param name string
---@param value? string
function stub.env(name, value) end
