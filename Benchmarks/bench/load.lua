-- A script for wrk. Sends one request again and again, counts the responses that differ from the first one, which was
-- checked, and prints one line with the result.
local function read(name)
  local file = assert(io.open(os.getenv(name), "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local sent, right = read "REQUEST", read "ANSWER"
local threads = {}
wrong, example = 0, ""

function setup(thread)
  threads[#threads + 1] = thread
end

function request()
  return sent
end

function response(status, _, body)
  if status ~= 200 or body ~= right then
    wrong = wrong + 1
    example = status .. " " .. body:sub(1, 200)
  end
end

function done(summary, latency)
  local errors, wrongs, examples = summary.errors, 0, {}
  for _, thread in ipairs(threads) do
    wrongs = wrongs + thread:get "wrong"
    examples[#examples + 1] = thread:get "example"
  end
  local lost = errors.connect + errors.read + errors.write + errors.timeout
  print(("RESULT %d %d %d %.0f %.0f %s"):format(
    summary.requests, wrongs, lost, latency:percentile(50), latency:percentile(99),
    table.concat(examples, " "):gsub("%s+", " ")))
end
