-- A to-do list for each caller: /api/todo and /api/todo/<id>. The list lives in a cookie of the caller, so there is
-- nothing to store and every instance of the app can answer.
local base64 = require "base64"
local http = require "http"
local json = require "json"

local function respond(status, body, list)
  local cookie = list and { name = "todo", value = base64.encodeURL(json.encode(list)), path = "/", httpOnly = true }
  return { statusCode = status, body = body, cookies = { cookie } }
end

-- Ends the invocation with a response, from wherever it is called.
local function refuse(status, reason) error(http.response { statusCode = status, body = { error = reason } }) end

-- The caller can write anything into a cookie: what is not a list of ours counts as an empty one.
local function load(req)
  local ok, list = pcall(function() return json.decode(base64.decodeURL(req:cookie "todo")) end)
  if not ok or type(list) ~= "table" then return json.array() end
  for _, item in ipairs(list) do
    if type(item) ~= "table" or not math.type(item.id) then return json.array() end
  end
  return list
end

local function find(list, id)
  for place, item in ipairs(list) do
    if item.id == tonumber(id) then return item, place end
  end
  refuse(404, "there is no item " .. id)
end

local function title(req)
  local body = req:json()
  if type(body) ~= "table" or type(body.title) ~= "string" then refuse(400, "send { \"title\": \"…\" }") end
  if #body.title > 200 then refuse(413, "a title has at most 200 bytes") end
  return body.title, body.done == true
end

local methods = {}

function methods.GET(_, list, id) return respond(200, id and find(list, id) or list) end

function methods.POST(req, list)
  if #list == 10 then refuse(409, "ten items are enough for a cookie") end
  local last = list[#list]
  local item = { id = (last and last.id or 0) + 1, done = false, title = title(req) }
  list[#list + 1] = item
  return respond(201, item, list)
end

function methods.PUT(req, list, id)
  local item = find(list, id or refuse(404, "say which: /api/todo/<id>"))
  item.title, item.done = title(req)
  return respond(200, item, list)
end

function methods.DELETE(_, list, id)
  local _, place = find(list, id or refuse(404, "say which: /api/todo/<id>"))
  table.remove(list, place)
  return respond(204, nil, list)
end

return function(data)
  local req = data.req
  return methods[req.Method](req, load(req), req.Params.id)
end
