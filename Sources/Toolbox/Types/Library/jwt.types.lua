---@meta luafunc.jwt

---@class luafunc.jwt
local jwt = {}

---@alias luafunc.TokenAlgorithm luafunc.SignatureAlgorithm|"HS256"|"HS384"|"HS512"

---Exactly one of `jwks`, `keys` and `secret`, and `issuer` or `audience`, better both.
---@class luafunc.VerifyOptions
---@field jwks? string The https URL of the issuer's keys.
---@field keys? luafunc.Key|luafunc.Key[] A key, a list of up to 8 keys, or a JWK Set.
---@field secret? string|table<string, any> The secret of tokens with an HMAC, at least as long as the hash.
---@field issuer? string|string[] The accepted `iss`.
---@field audience? string|string[] The accepted `aud`: one of the token's audiences must be among them.
---@field algorithms? luafunc.TokenAlgorithm|luafunc.TokenAlgorithm[] The default is RS256 and ES256; HS256 with `secret`.
---@field leeway? number Seconds by which the clocks may differ, at most 600. The default is 60.
---@field exp? boolean false accepts a token without `exp`.

---@class luafunc.SignOptions
---@field key? luafunc.Key A private key.
---@field secret? string|table<string, any> Instead of `key`, for an HMAC.
---@field algorithm? luafunc.TokenAlgorithm The default is what the key is for.
---@field kid? string The key's id. The default is the `kid` of a JWK.
---@field header? table<string, any> More members of the header, such as `typ`.

---@alias luafunc.TokenFault
---| "malformed" # not a token
---| "algorithm" # another algorithm
---| "crit" # the token needs an extension
---| "key" # no key with the token's id
---| "signature" # the signature is wrong
---| "claims" # `exp`, `nbf` or `iat` is missing or not a number
---| "expired" # `exp` has passed
---| "early" # `nbf` is still to come
---| "issuer" # another issuer
---| "audience" # another audience
---| "jwks" # the keys cannot be fetched: the only kind that is not the caller's fault; answer 503

---The claims of a valid token; or nil, a message and the kind. It says who the caller is, not what the caller may do.
---@param token string
---@param options luafunc.VerifyOptions
---@return table<string, any>? claims
---@return string? message
---@return luafunc.TokenFault? kind
function jwt.verify(token, options) end

---A token with these claims. It adds nothing: without `exp`, the token never expires.
---@param claims table<string, any>
---@param options luafunc.SignOptions
---@return string
function jwt.sign(claims, options) end

return jwt
