---@meta luafunc.crypto

---@class luafunc.crypto
local crypto = {}

---A PEM text or a JWK table.
---@alias luafunc.Key string|table<string, any>

---@alias luafunc.SignatureAlgorithm "RS256"|"RS384"|"RS512"|"PS256"|"PS384"|"PS512"|"ES256"|"ES384"
---@alias luafunc.Hash "md5"|"sha1"|"sha256"|"sha384"|"sha512"

---@class luafunc.PBKDF2Options
---@field password string
---@field salt string Make it with `crypto.random(16)`, and keep it with the result.
---@field iterations integer 600000 is usual for sha256.
---@field length? integer Bytes, at most 1024. The default is that of the hash.
---@field hash? luafunc.Hash The default is sha256.

---@class luafunc.SealOptions
---@field nonce? string 12 bytes. Never use one twice with the same key; leave it out for a random one.
---@field aad? string Text that is not encrypted but must be the same at `open`.

---@class luafunc.OpenOptions
---@field aad? string The text that `seal` got.

---The digest, in hexadecimal; bytes with "raw". Only for old protocols: anybody can make two texts with the same one.
---@param s string
---@param form? "raw"
---@return string
function crypto.md5(s, form) end

---The digest, in hexadecimal; bytes with "raw". Only for old protocols: anybody can make two texts with the same one.
---@param s string
---@param form? "raw"
---@return string
function crypto.sha1(s, form) end

---The digest, in hexadecimal; bytes with "raw". It is too fast for passwords: use `pbkdf2`.
---@param s string
---@param form? "raw"
---@return string
function crypto.sha256(s, form) end

---The digest, in hexadecimal; bytes with "raw".
---@param s string
---@param form? "raw"
---@return string
function crypto.sha384(s, form) end

---The digest, in hexadecimal; bytes with "raw".
---@param s string
---@param form? "raw"
---@return string
function crypto.sha512(s, form) end

---The authentication code of a text. Compare it with `crypto.equal`, never with `==`.
---@param hash luafunc.Hash
---@param key string
---@param s string
---@param form? "raw"
---@return string
function crypto.hmac(hash, key, s, form) end

---Unpredictable bytes.
---@param n integer Bytes, up to 1 MB.
---@return string
function crypto.random(n) end

---Compares two texts in a time that does not reveal where they differ.
---@param a string
---@param b string
---@return boolean
function crypto.equal(a, b) end

---Derives a key from a password. The iterations cost CPU time, a quarter of a second for 600,000.
---@param options luafunc.PBKDF2Options
---@param form? "raw"
---@return string
function crypto.pbkdf2(options, form) end

---The bytes of the signature. A key that does not fit the algorithm raises an error.
---@param algorithm luafunc.SignatureAlgorithm
---@param key luafunc.Key A private key.
---@param text string
---@param form? "der" For ECDSA: the form that most libraries use.
---@return string
function crypto.sign(algorithm, key, text, form) end

---Whether the signature is right.
---@param algorithm luafunc.SignatureAlgorithm
---@param key luafunc.Key
---@param text string
---@param signature string
---@param form? "der" For ECDSA: the form that most libraries use.
---@return boolean
function crypto.verify(algorithm, key, text, signature, form) end

---AES in GCM. The key has 16, 24 or 32 bytes and is never a password itself.
---@class luafunc.AESGCM
crypto.aesGcm = {}

---The nonce, the encrypted text and the tag, as one text.
---@param key string
---@param text string
---@param options? luafunc.SealOptions
---@return string
function crypto.aesGcm.seal(key, text, options) end

---The text; or nil, a message and the kind: `tag` for another key or a changed text.
---@param key string
---@param sealed string
---@param options? luafunc.OpenOptions
---@return string? text
---@return string? message
---@return "tag"|"malformed"|nil kind
function crypto.aesGcm.open(key, sealed, options) end

return crypto
