-- A server with everything that the official conformance suite asks for, and with the names and texts that the recorded
-- exchanges have.
local base64, mcp, task = require "base64", require "mcp", require "task"

local PNG = base64.decode "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
local WAV = base64.decode "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="

local tools = {}

function tools.test_simple_text() return "This is a simple text response for testing." end
function tools.test_image_content() return mcp.image(PNG, "image/png") end
function tools.test_audio_content() return mcp.audio(WAV, "audio/wav") end

function tools.test_embedded_resource()
  return mcp.resource {
    uri = "test://embedded-resource", mimeType = "text/plain", text = "This is an embedded resource content.",
  }
end

function tools.test_multiple_content_types()
  return {
    mcp.text "Multiple content types test:",
    mcp.image(PNG, "image/png"),
    mcp.resource {
      uri = "test://mixed-content-resource", mimeType = "application/json", text = '{"test":"data","value":123}',
    },
  }
end

function tools.test_tool_with_logging(_, call)
  for _, text in ipairs { "Tool execution started", "Tool processing data", "Tool execution completed" } do
    call:log("info", text)
    task.sleep(0.05)
  end
  return "Tool with logging executed successfully"
end

function tools.test_tool_with_progress(_, call)
  for progress = 0, 100, 50 do
    call:progress(progress, 100)
    task.sleep(0.05)
  end
  return "done"
end

function tools.test_error_handling() error("This tool intentionally returns an error for testing", 0) end
function tools.test_reconnection() return "Reconnection test completed" end
function tools.test_streaming_elicitation() return "stream observed" end

function tools.test_logging_tool(_, call)
  call:log("info", "logged")
  return "logged"
end

function tools.test_trigger_tool_change()
  mcp.changed "tools"
  return "published"
end

function tools.test_trigger_prompt_change()
  mcp.changed "prompts"
  return "published"
end

tools.test_sampling = {
  inputSchema = [[{"type":"object","properties":{"prompt":{"type":"string"}},"required":["prompt"]}]],
  run = function(arguments, call)
    local answers = call:ask { answer = mcp.sample { prompt = arguments.prompt, maxTokens = 100 } }
    return "LLM response: " .. answers.answer.text
  end,
}

tools.test_elicitation = {
  inputSchema = [[{"type":"object","properties":{"message":{"type":"string"}},"required":["message"]}]],
  run = function(arguments, call)
    local answers = call:ask {
      user = mcp.elicit {
        message = arguments.message,
        fields = { username = mcp.string "User's response", email = mcp.string "User's email address" },
      },
    }
    local user = answers.user
    return ("User response: action=%s, content=%s"):format(user.action, require("json").encode(user.content or {}, { sorted = true }))
  end,
}

function tools.test_elicitation_sep1034_defaults(_, call)
  local answers = call:ask {
    review = mcp.elicit {
      message = "Review",
      fields = {
        name = mcp.string { "n", default = "John Doe" },
        age = mcp.integer { "a", default = 30 },
        score = mcp.number { "s", default = 95.5 },
        status = mcp.enum { "active", "inactive", "pending", description = "s", default = "active" },
        verified = mcp.boolean { "v", default = true },
      },
    },
  }
  return "Elicitation completed: action=" .. answers.review.action
end

function tools.test_elicitation_sep1330_enums(_, call)
  local titles = { "First Option", "Second Option", "Third Option" }
  local answers = call:ask {
    pick = mcp.elicit {
      message = "Pick",
      fields = {
        untitledSingle = mcp.enum { "option1", "option2", "option3", optional = true },
        titledSingle = mcp.enum { "value1", "value2", "value3", titles = titles, optional = true },
        legacyEnum = mcp.enum {
          "opt1", "opt2", "opt3", enumNames = { "Option One", "Option Two", "Option Three" }, optional = true,
        },
        untitledMulti = mcp.array { items = mcp.enum { "option1", "option2", "option3" }, optional = true },
        titledMulti = mcp.array { items = mcp.enum { "value1", "value2", "value3", titles = titles }, optional = true },
      },
    },
  }
  return "Elicitation completed: action=" .. answers.pick.action
end

tools.json_schema_2020_12_tool = {
  inputSchema = [[{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
    "$defs":{"address":{"$anchor":"addressDef","type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}}}},
    "properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},
      "contactMethod":{"type":"string","enum":["phone","email"]},"phone":{"type":"string"},"email":{"type":"string"}},
    "allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],
    "if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},
    "then":{"required":["phone"]},"else":{"required":["email"]},"additionalProperties":false}]],
  run = function(arguments) return "name=" .. tostring(arguments.name) end,
}

tools.test_x_mcp_header = {
  inputSchema = [[{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"level":{"type":"integer"}}}]],
  run = function(arguments) return "region=" .. tostring(arguments.region) end,
}

-- MARK: Questions

local function text_field(message, name)
  return mcp.elicit { message = message, fields = { [name] = mcp.string() } }
end

local confirm = mcp.elicit { message = "Please confirm", fields = { ok = mcp.boolean() } }

function tools.test_missing_capability(_, call)
  call:ask { answer = mcp.sample { prompt = "x", maxTokens = 1 } }
  return "ok"
end

function tools.test_input_required_result_elicitation(_, call)
  local answers = call:ask { user_name = text_field("What is your name?", "name") }
  local answer = answers.user_name
  return answer.action == "accept" and "Hello, " .. answer.content.name .. "!" or "No name"
end

function tools.test_input_required_result_sampling(_, call)
  local answers = call:ask {
    capital_question = mcp.sample { prompt = "What is the capital of France?", maxTokens = 100 },
  }
  return "Sampling response: " .. answers.capital_question.text
end

function tools.test_input_required_result_list_roots(_, call)
  local answers = call:ask { client_roots = mcp.roots() }
  return "roots " .. #answers.client_roots
end

function tools.test_input_required_result_request_state(_, call)
  local _, state = call:ask({ confirm = confirm }, { step = 1 })
  return state.step == 1 and "state-ok" or "state-lost"
end

function tools.test_input_required_result_multiple_inputs(_, call)
  call:ask({
    user_name = text_field("What is your name?", "name"),
    greeting = mcp.sample { prompt = "Generate a greeting", maxTokens = 50 },
    client_roots = mcp.roots(),
  }, { step = 1 })
  return "ok"
end

function tools.test_input_required_result_multi_round(_, call)
  local first = call:ask({ step1 = text_field("Step 1: What is your name?", "name") }, { round = 1 })
  local second = call:ask({ step2 = text_field("Step 2: What is your favorite color?", "color") }, { round = 2 })
  return first.step1.content.name .. " likes " .. second.step2.content.color
end

function tools.test_input_required_result_tampered_state(_, call)
  call:ask({ confirm = confirm }, { step = 1 })
  return "ok"
end

function tools.test_input_required_result_capabilities(_, call)
  local questions, capabilities = {}, call.client.capabilities
  if capabilities.sampling then
    questions.greeting = mcp.sample { prompt = "Generate a short greeting", maxTokens = 50 }
  end
  if capabilities.elicitation then questions.user_name = text_field("What is your name?", "name") end
  call:ask(questions)
  return "ok"
end

local descriptions = {
  test_simple_text = "text", test_image_content = "image", test_audio_content = "audio", test_embedded_resource = "embedded",
  test_multiple_content_types = "mixed", test_tool_with_logging = "logs", test_tool_with_progress = "progress",
  test_error_handling = "error", test_reconnection = "reconnect", test_sampling = "sampling",
  test_elicitation = "elicitation", test_elicitation_sep1034_defaults = "defaults",
  test_elicitation_sep1330_enums = "enums", json_schema_2020_12_tool = "2020-12", test_x_mcp_header = "mirrored",
  test_missing_capability = "needs sampling", test_streaming_elicitation = "stream", test_logging_tool = "log",
  test_trigger_tool_change = "trigger", test_trigger_prompt_change = "trigger",
}
for name, tool in pairs(tools) do
  if type(tool) == "function" then tool = { run = tool } end
  tool.description = descriptions[name] or "mrtr"
  tools[name] = tool
end

-- MARK: Resources and prompts

local words = { "paris", "park", "party" }

return mcp.server {
  name = "raw-everything", version = "1.0.0",
  tools = tools,
  resources = {
    ["test://static-text"] = {
      name = "static-text", description = "static-text", mimeType = "text/plain",
      text = "This is the content of the static text resource.",
    },
    ["test://static-binary"] = {
      name = "static-binary", description = "static-binary", mimeType = "image/png", blob = PNG,
    },
    ["test://watched-resource"] = {
      name = "watched-resource", description = "watched-resource", mimeType = "text/plain",
      read = function() return "watched" end,
    },
  },
  templates = {
    ["test://template/{id}/data"] = {
      name = "template", description = "tpl", mimeType = "application/json",
      read = function(variables)
        return ('{"id":"%s","templateTest":true,"data":"Data for ID: %s"}'):format(variables.id, variables.id)
      end,
    },
  },
  prompts = {
    test_simple_prompt = {
      description = "simple", run = function() return "This is a simple prompt for testing." end,
    },
    test_prompt_with_arguments = {
      description = "args",
      arguments = { arg1 = "First test argument", arg2 = "Second test argument" },
      run = function(arguments)
        return ("Prompt with arguments: arg1='%s', arg2='%s'"):format(arguments.arg1, arguments.arg2)
      end,
    },
    test_prompt_with_embedded_resource = {
      description = "res",
      arguments = { { name = "resourceUri" } },
      run = function(arguments)
        return {
          mcp.resource {
            uri = arguments.resourceUri, mimeType = "text/plain", text = "Embedded resource content for testing.",
          },
          "Please process the embedded resource above.",
        }
      end,
    },
    test_prompt_with_image = {
      description = "img",
      run = function() return { mcp.image(PNG, "image/png"), "Please analyze the image above." } end,
    },
    test_input_required_result_prompt = {
      description = "mrtr",
      run = function(_, call)
        local answers = call:ask { user_context = text_field("What context should the prompt use?", "context") }
        return "Use " .. answers.user_context.content.context
      end,
    },
  },
  completions = { test_prompt_with_arguments = { arg1 = words, arg2 = words } },
}
