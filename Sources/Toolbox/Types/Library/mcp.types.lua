---@meta luafunc.mcp

---@class luafunc.mcp
local mcp = {}

---A part of a schema, which one of the builders has made.
---@class luafunc.MCPField

---Text, an image, audio, a resource or a link.
---@class luafunc.MCPContent

---A whole result of a tool.
---@class luafunc.MCPResult

---What `call:ask` asks: made with `mcp.elicit`, `mcp.sample` or `mcp.roots`.
---@class luafunc.MCPQuestion

---@class luafunc.MCPIcon
---@field src string An https: or data: URL.
---@field mimeType? string
---@field sizes? string[] Such as "48x48".
---@field theme? "light"|"dark"

---@class luafunc.MCPAnnotations
---@field audience? ("user"|"assistant")[]
---@field lastModified? string
---@field priority? number From 0 to 1.

---@class luafunc.MCPHints
---@field title? string
---@field readOnlyHint? boolean
---@field destructiveHint? boolean
---@field idempotentHint? boolean
---@field openWorldHint? boolean

---The definition of a server.
---@class luafunc.MCPServerOptions
---@field name string
---@field version string
---@field title? string
---@field description? string
---@field websiteUrl? string
---@field icons? luafunc.MCPIcon[]
---@field instructions? string What a model should know about the server.
---@field tools? table<string, luafunc.MCPToolOptions>
---@field resources? table<string, luafunc.MCPResourceOptions> By URI.
---@field templates? table<string, luafunc.MCPTemplateOptions> By URI template, such as `app://orders/{id}`.
---@field prompts? table<string, luafunc.MCPPromptOptions>
---@field completions? table<string, table<string, string[]|luafunc.MCPCompleter>> By prompt or template, then by argument.
---@field pageSize? integer The default is all entries at once.
---@field ttl? number Seconds for which clients may keep lists and resources. The default is 0.
---@field cacheScope? "private"|"public" The default is "private".
---@field allowedHosts? string|string[]
---@field allowedOrigins? string|string[]
---@field auth? luafunc.MCPAuthOptions|"easyauth"

---@alias luafunc.MCPCompleter fun(value: string, others: table<string, string>, call: luafunc.MCPCall): string[]?

---@class luafunc.MCPAuthOptions
---@field resource string The URL of the server, as clients write it.
---@field name? string The name of the server in the metadata.
---@field authorizationServers? string|string[] The default is `issuer`.
---@field scopes? string|string[] A token needs all of them.
---@field issuer? string|string[]
---@field audience? string|string[] The default is `resource`.
---@field jwks? string
---@field keys? luafunc.Key|luafunc.Key[]
---@field secret? string|table<string, any>
---@field algorithms? luafunc.TokenAlgorithm|luafunc.TokenAlgorithm[]
---@field leeway? number

---@class luafunc.MCPToolOptions
---@field run fun(arguments: table<string, any>, call: luafunc.MCPCall): any, string?
---@field description? string
---@field title? string
---@field icons? luafunc.MCPIcon[]
---@field input? table<string, luafunc.MCPField> The arguments by name.
---@field inputSchema? string|table Instead of `input`: a JSON Schema as JSON text or as a table.
---@field output? table<string, luafunc.MCPField>|luafunc.MCPField
---@field outputSchema? string|table|boolean
---@field annotations? luafunc.MCPHints
---@field meta? table<string, any>

---One of `text`, `blob` and `read`.
---@class luafunc.MCPResourceOptions
---@field name string
---@field title? string
---@field description? string
---@field mimeType? string
---@field size? integer Bytes.
---@field text? string
---@field blob? string Bytes.
---@field read? fun(uri: string, call: luafunc.MCPCall): string|table|nil nil if there is no such resource.
---@field annotations? luafunc.MCPAnnotations
---@field icons? luafunc.MCPIcon[]
---@field meta? table<string, any>

---@class luafunc.MCPTemplateOptions
---@field name string
---@field title? string
---@field description? string
---@field mimeType? string
---@field read fun(variables: table<string, any>, call: luafunc.MCPCall, uri: string): string|table|nil
---@field annotations? luafunc.MCPAnnotations
---@field icons? luafunc.MCPIcon[]
---@field meta? table<string, any>

---@class luafunc.MCPPromptOptions
---@field run fun(arguments: table<string, string>, call: luafunc.MCPCall): string|luafunc.MCPContent|table
---@field title? string
---@field description? string
---@field arguments? table<string, string|luafunc.MCPArgument>|luafunc.MCPArgument[]
---@field icons? luafunc.MCPIcon[]
---@field meta? table<string, any>

---@class luafunc.MCPArgument
---@field name? string Only in a list of arguments.
---@field title? string
---@field description? string
---@field optional? boolean

---What tools, resources, prompts and completions get.
---@class luafunc.MCPCall
---@field id string|integer
---@field method string
---@field revision string
---@field token? string|number The token for progress, if the client wants to see it.
---@field cancelled boolean Whether the client has left.
---@field client luafunc.MCPClient
---@field principal? table<string, any> The claims of a token, or App Service's principal; nil if nobody has checked.
---@field headers table<string, string> By name in lower case.
local Call = {}

---@class luafunc.MCPClient
---@field name? string
---@field version? string
---@field capabilities? table<string, any>

---@alias luafunc.MCPLevel "debug"|"info"|"notice"|"warning"|"error"|"critical"|"alert"|"emergency"

---Tells the client how far the work is, if it wants to know and `done` has grown.
---@param done number
---@param total? number
---@param message? string
function Call:progress(done, total, message) end

---Sends the client a line of log.
---@param level luafunc.MCPLevel
---@param data any
---@param logger? string
function Call:log(level, data, logger) end

---Asks the user or the model. For revision 2026-07-28, `run` starts again from the top with the answers.
---@param questions table<string, luafunc.MCPQuestion>
---@param remember? any What the next round gets as the second result. It travels through the client, signed but readable.
---@return table<string, table> answers
---@return any remembered
function Call:ask(questions, remember) end

---A server's handler, to be returned by the file of a function with an HTTP trigger.
---@param definition luafunc.MCPServerOptions
---@return function
function mcp.server(definition) end

---The handler of a function with the route `.well-known/{*rest}`, which leads clients to the issuer of tokens.
---@param auth luafunc.MCPAuthOptions
---@return function
function mcp.metadata(auth) end

---Tells clients that listen that a list has changed.
---@param kind "tools"|"prompts"|"resources"
function mcp.changed(kind) end

---Tells clients that listen that a resource has changed.
---@param uri string
function mcp.updated(uri) end

---@class luafunc.MCPContentOptions
---@field annotations? luafunc.MCPAnnotations
---@field meta? table<string, any>

---A text.
---@param text string
---@param options? luafunc.MCPContentOptions
---@return luafunc.MCPContent
function mcp.text(text, options) end

---An image.
---@param bytes string
---@param mimeType string
---@param options? luafunc.MCPContentOptions
---@return luafunc.MCPContent
function mcp.image(bytes, mimeType, options) end

---A sound.
---@param bytes string
---@param mimeType string
---@param options? luafunc.MCPContentOptions
---@return luafunc.MCPContent
function mcp.audio(bytes, mimeType, options) end

---Either `text` or `blob`.
---@class luafunc.MCPEmbeddedOptions: luafunc.MCPContentOptions
---@field uri string
---@field mimeType? string
---@field text? string
---@field blob? string Bytes.

---The content of a resource.
---@param resource luafunc.MCPEmbeddedOptions
---@return luafunc.MCPContent
function mcp.resource(resource) end

---@class luafunc.MCPLinkOptions: luafunc.MCPContentOptions
---@field uri string
---@field name string
---@field title? string
---@field description? string
---@field mimeType? string
---@field size? integer Bytes.

---A link to a resource, which the client may read.
---@param link luafunc.MCPLinkOptions
---@return luafunc.MCPContent
function mcp.link(link) end

---`content` or `structured`, or both.
---@class luafunc.MCPResultOptions
---@field content? string|luafunc.MCPContent|(string|luafunc.MCPContent)[]
---@field structured? any
---@field isError? boolean
---@field meta? table<string, any>

---A result with content, a structured value, or both.
---@param result luafunc.MCPResultOptions
---@return luafunc.MCPResult
function mcp.result(result) end

---The first element is the description.
---@class luafunc.MCPFieldOptions
---@field [integer] any
---@field description? string
---@field title? string
---@field default? any
---@field optional? boolean
---@field examples? any[]
---@field deprecated? boolean

---@class luafunc.MCPStringOptions: luafunc.MCPFieldOptions
---@field minLength? integer
---@field maxLength? integer
---@field pattern? string
---@field format? string
---@field enum? string[]
---@field header? string Clients repeat the argument in the header `Mcp-Param-…`.

---The schema of a string.
---@param options? string|luafunc.MCPStringOptions
---@return luafunc.MCPField
function mcp.string(options) end

---@class luafunc.MCPNumberOptions: luafunc.MCPFieldOptions
---@field min? number
---@field max? number
---@field multipleOf? number
---@field enum? number[]

---@class luafunc.MCPIntegerOptions: luafunc.MCPNumberOptions
---@field header? string

---The schema of a whole number.
---@param options? string|luafunc.MCPIntegerOptions
---@return luafunc.MCPField
function mcp.integer(options) end

---The schema of a number.
---@param options? string|luafunc.MCPNumberOptions
---@return luafunc.MCPField
function mcp.number(options) end

---@class luafunc.MCPBooleanOptions: luafunc.MCPFieldOptions
---@field header? string

---The schema of true or false.
---@param options? string|luafunc.MCPBooleanOptions
---@return luafunc.MCPField
function mcp.boolean(options) end

---@class luafunc.MCPArrayOptions: luafunc.MCPFieldOptions
---@field items? luafunc.MCPField
---@field minItems? integer
---@field maxItems? integer
---@field unique? boolean

---The schema of a list.
---@param options? string|luafunc.MCPArrayOptions
---@return luafunc.MCPField
function mcp.array(options) end

---@class luafunc.MCPObjectOptions: luafunc.MCPFieldOptions
---@field fields? table<string, luafunc.MCPField>
---@field additional? boolean|luafunc.MCPField

---The schema of a table with names.
---@param options? string|luafunc.MCPObjectOptions
---@return luafunc.MCPField
function mcp.object(options) end

---The elements are the values.
---@class luafunc.MCPEnumOptions: luafunc.MCPFieldOptions
---@field titles? string[] A title for each value.
---@field enumNames? string[] Titles for clients of before 2025-11-25.
---@field header? string

---The schema of one of several values.
---@param options luafunc.MCPEnumOptions
---@return luafunc.MCPField
function mcp.enum(options) end

---The schema of any value.
---@param options? string|luafunc.MCPFieldOptions
---@return luafunc.MCPField
function mcp.any(options) end

---Either `fields` or `url`.
---@class luafunc.MCPElicitOptions
---@field message string
---@field fields? table<string, luafunc.MCPField>
---@field url? string

---Asks the user to fill in a form, or to visit a page.
---@param question luafunc.MCPElicitOptions
---@return luafunc.MCPQuestion
function mcp.elicit(question) end

---@class luafunc.MCPModel
---@field hints? string[]
---@field cost? number From 0 to 1.
---@field speed? number From 0 to 1.
---@field intelligence? number From 0 to 1.

---Either `prompt` or `messages`.
---@class luafunc.MCPSampleOptions
---@field prompt? string|luafunc.MCPContent
---@field messages? (string|table)[]
---@field maxTokens? integer The default is 1000.
---@field system? string
---@field temperature? number
---@field stop? string|string[]
---@field model? string|luafunc.MCPModel
---@field tools? table
---@field toolChoice? "auto"|"none"|"required"

---Asks the client's model.
---@param question luafunc.MCPSampleOptions
---@return luafunc.MCPQuestion
function mcp.sample(question) end

---Asks for the folders that the client works in.
---@return luafunc.MCPQuestion
function mcp.roots() end

return mcp
