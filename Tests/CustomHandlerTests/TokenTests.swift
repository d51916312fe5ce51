import Foundation
import JSON
import TestSupport
import Testing

@testable import CustomHandler

/// `require "jwt"` with keys that the script has.
@Suite struct TokenTests {
    /// Lua code that the cases use. `make` makes any token, also one that `jwt.sign` refuses to make.
    private static let prelude = """
        local base64, crypto, json, jwt, keys, now = require "base64", require "crypto", require "json", require "jwt",
            require "keys", math.floor(require "time".now())
        local secret = ("s"):rep(64)
        local function encode(value) return base64.encodeURL(type(value) == "table" and json.encode(value) or value) end
        local function make(header, claims, signer)
            local input = encode(header) .. "." .. encode(claims)
            if signer == nil then signer = header.alg == "ES256" and keys.ec or keys.rsa end
            local signature = signer
            if signer == secret then signature = crypto.hmac("sha256", secret, input, "raw")
            elseif signer == keys.rsa then signature = crypto.sign("RS256", signer, input)
            elseif signer == keys.ec then signature = crypto.sign("ES256", signer, input) end
            return input .. "." .. base64.encodeURL(signature)
        end
        local RS, ES, HS = { alg = "RS256" }, { alg = "ES256" }, { alg = "HS256" }
        local function claims(more)
            local all = { iss = "me", aud = "you", exp = now + 100 }
            for k, v in pairs(more or {}) do all[k] = v end
            return all
        end
        local function verify(token, more, source)
            local options = { issuer = "me", audience = "you", keys = keys.rsaPublic }
            for k, v in pairs(more or {}) do options[k] = v end
            if options.secret then options.keys = nil end
            return jwt.verify(token, options)
        end
        -- The kind of the fault, and that its message contains a text.
        local function fault(kind, text, token, more)
            local claims, message, seen = verify(token, more)
            if claims == nil and seen == kind and message:find(text, 1, true) then return true end
            return tostring(claims) .. ", " .. tostring(message) .. ", " .. tostring(seen)
        end
        local rfc = ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."

        """

    /// Bodies of functions that must return true.
    @Test(arguments: [
        // Tokens that are accepted.
        "local c = verify(make(RS, claims { sub = 'x', list = { 1 } })) return c.sub == 'x' and c.list[1] == 1 and c.exp == now + 100",
        "return select('#', verify(make(RS, claims()))) == 1",
        "return verify(make(ES, claims()), { keys = keys.ecPublic }) ~= nil and verify(make(ES, claims()), { keys = { keys.rsaPublic, keys.ecCertificate } }) ~= nil",
        "return verify(make(HS, claims(), secret), { secret = secret }) ~= nil and verify(make(HS, claims(), secret), { secret = { kty = 'oct', k = base64.encodeURL(secret) } }) ~= nil",
        "return verify(make({ alg = 'RS256', kid = 'a', typ = 'at+jwt', jku = 'https://evil/', x5u = 'https://evil/', jwk = {}, x5c = {} }, claims())) ~= nil",
        "return verify(make(RS, claims { aud = { 'them', 'you' } })) ~= nil and verify(make(RS, claims { aud = 'b' }), { audience = { 'a', 'b' } }) ~= nil and verify(make(RS, claims { iss = 'b' }), { issuer = { 'a', 'b' } }) ~= nil",
        "return jwt.verify(make(RS, { exp = now + 9, iss = 'me' }), { issuer = 'me', keys = keys.rsa }) ~= nil and jwt.verify(make(RS, { exp = now + 9, aud = 'you' }), { audience = 'you', keys = { json.decode(keys.rsaJWK) } }) ~= nil",
        "return verify(make(RS, claims { exp = now - 50, nbf = now + 50, iat = now + 1e6 })) ~= nil and verify(make(RS, claims { exp = now + 9.5, nbf = now - 0.5 }), { leeway = 0 }) ~= nil",
        "return verify(make(RS, { iss = 'me', aud = 'you' }), { exp = false }) ~= nil",
        "return verify(make(RS, claims()), { keys = { keys = { { kty = 'OKP' }, { kty = 'RSA', n = 'AA', e = 'AQAB' }, json.decode(keys.rsaJWK), json.decode(keys.ecJWK) } } }) ~= nil",
        // Key ids.
        "local k = json.decode(keys.rsaJWK) k.kid, k.alg, k.use, k.key_ops = 'k1', 'RS256', 'sig', { 'verify' } return verify(make({ alg = 'RS256', kid = 'k1' }, claims()), { keys = k }) ~= nil and verify(make(RS, claims()), { keys = k }) ~= nil and fault('key', \"no key with the id 'k2' for RS256\", make({ alg = 'RS256', kid = 'k2' }, claims()), { keys = k })",
        "local k = json.decode(keys.rsaJWK) k.alg = 'PS256' return fault('key', 'there is no key for RS256', make(RS, claims()), { keys = k })",
        // The tokens of RFC 7515 are as old as it is, so their signatures are right.
        "return fault('expired', 'the token expired', 'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9' .. rfc .. 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk', { secret = { kty = 'oct', k = 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow' } })",
        "return fault('expired', 'seconds ago', 'eyJhbGciOiJSUzI1NiJ9' .. rfc .. 'cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw')",
        "return fault('expired', '', 'eyJhbGciOiJFUzI1NiJ9' .. rfc .. 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q', { keys = keys.ecPublic })",
        "return fault('signature', 'is wrong', 'eyJhbGciOiJFUzI1NiJ9' .. rfc .. 'EtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q', { keys = keys.ecPublic })",
        // Signatures.
        "return fault('signature', 'the signature of the token is wrong', make(RS, claims(), 'x'))",
        "return fault('signature', '', make(RS, claims(), ''))",
        "return fault('signature', '', make(HS, claims(), 'x'), { secret = secret })",
        "local token = make(RS, claims()) return fault('signature', '', (token:gsub('%.[^.]*%.', '.' .. encode(claims { sub = 'admin' }) .. '.')))",
        "local token = make(ES, claims(), crypto.sign('ES256', keys.ec, encode(ES) .. '.' .. encode(claims()), 'der')) return fault('signature', '', token, { keys = keys.ecPublic })",
        // The algorithm: the classic confusions.
        "for _, name in ipairs { 'none', 'None', 'NONE', 'nOnE', '', 'HS256', 'RS265', 'rs256', 'ES384', 'PS256', 'RS256 ' } do local r = fault('algorithm', 'accepted: RS256, ES256', make({ alg = name }, claims(), '')) if r ~= true then return name .. r end end return true",
        "local input = encode(HS) .. '.' .. encode(claims()) return fault('algorithm', '', input .. '.' .. base64.encodeURL(crypto.hmac('sha256', keys.rsaPublic, input, 'raw')))",
        "return fault('algorithm', 'accepted: HS256', make(RS, claims()), { secret = secret }) and fault('algorithm', 'accepted: RS512', make(RS, claims()), { algorithms = 'RS512' })",
        "return fault('key', 'there is no key for ES256', make(ES, claims()))",
        // No change of a single letter is accepted.
        "for _, case in ipairs { { make(RS, claims()), {} }, { make(ES, claims()), { keys = keys.ecPublic } }, { make(HS, claims(), secret), { secret = secret } } } do local token = case[1] for i = 1, #token do local other = token:sub(i, i) == 'A' and 'B' or 'A' if verify(token:sub(1, i - 1) .. other .. token:sub(i + 1), case[2]) then return token:sub(i) end end end return true",
        // Malformed tokens.
        "for token, text in pairs { [''] = 'is empty', abc = 'has 1', ['a.b'] = 'has 2', ['a.b.c.d'] = 'has 4', ['a.b.c.d.e'] = 'encrypted (JWE)', ['a.b.c.d.e.f.g'] = 'has 6', ['Bearer a.b.c'] = \"begins with 'Bearer '\", ['bEARER a.b.c'] = 'pass only', ['a.b.c'] = 'the header of the token is not base64url', ['..'] = 'is not a JSON object', [('a'):rep(40000)] = 'longer than 32 KB' } do local r = fault('malformed', text, token) if r ~= true then return text .. r end end return true",
        "local token = make(RS, claims()) for _, wrong in ipairs { token .. '=', token .. ' ', ' ' .. token, token .. '\\n', token:gsub('%.', '.+', 1), token:gsub('%.', '=.', 1), token .. '\\0' } do local r = fault('malformed', 'not base64url', wrong) if r ~= true then return wrong .. r end end return true",
        // A last letter with bits that no byte has.
        "local token = make(ES, claims()) local last = token:sub(-1) local other = last == 'A' and 'B' or last == 'Q' and 'R' or last == 'g' and 'h' or 'x' return fault('malformed', 'the signature of the token is not base64url', token:sub(1, -2) .. other, { keys = keys.ecPublic })",
        "for text, header in pairs { ['is not a JSON object'] = '[]', ['names no algorithm'] = '{}', ['has a member twice'] = '{\"alg\":\"none\",\"alg\":\"RS256\"}', ['(kid) of the token is not text'] = '{\"alg\":\"RS256\",\"kid\":1}' } do local r = fault('malformed', text, make(header, claims())) if r ~= true then return r end end return true",
        "for _, header in ipairs { '{\"alg\":1}', '{\"alg\":null}', '{\"alg\":[\"RS256\"]}', '{\"alg\":\"RS256\"} x', '{\"alg\":\"RS256\",}', 'null', '', '\\255', ('['):rep(10000) } do local r = fault('malformed', 'the header', make(header, claims())) if r ~= true then return header .. r end end return true",
        "for _, text in ipairs { '[]', '1', 'null', '\"x\"', '', '{', '\\255', '{\"exp\":1e999}', '{} {}', ('['):rep(9000) } do local r = fault('malformed', 'claims of the token', make(RS, text)) if r ~= true then return text .. r end end return true",
        // Extensions that must be understood.
        "return fault('crit', \"needs 'b64' (crit)\", make({ alg = 'RS256', crit = { 'b64' }, b64 = false }, claims()))",
        "for _, crit in ipairs { '[]', '{}', 'null', '\"exp\"', '[1]', '[\"exp\"]', '[\"exp\",\"alg\"]', '[[\"alg\"]]' } do local r = fault('malformed', 'crit in the header', make('{\"alg\":\"RS256\",\"crit\":' .. crit .. '}', claims())) if r ~= true then return crit .. r end end return true",
        "return fault('crit', '', make('{\"alg\":\"RS256\",\"crit\":[\"alg\"]}', claims()))",
        // Times.
        "return fault('expired', 'the token expired 61 seconds ago', make(RS, claims { exp = now - 61 })) or fault('expired', 'expired 62', make(RS, claims { exp = now - 61 }))",
        "return fault('expired', '', make(RS, claims { exp = now - 5 }), { leeway = 0 }) and verify(make(RS, claims { exp = now - 500 }), { leeway = 600 }) ~= nil",
        "return fault('early', 'the token becomes valid in', make(RS, claims { nbf = now + 100 }))",
        "return fault('claims', 'it has no exp', make(RS, { iss = 'me', aud = 'you' }))",
        "return fault('expired', '', make(RS, claims { exp = 1 }), { exp = false })",
        "for _, name in ipairs { 'exp', 'nbf', 'iat' } do for _, value in ipairs { '9999999999', true, {}, json.null } do local r = fault('claims', 'the claim ' .. name .. ' of the token is not a number', make(RS, claims { [name] = value })) if r ~= true then return name .. r end end end return true",
        "return verify(make(RS, claims { exp = 1e300, nbf = -1e300 })) ~= nil and fault('expired', '1000000000000000 seconds', make(RS, claims { exp = -1e300 }))",
        // Issuer and audience.
        "return fault('issuer', \"the issuer of the token is 'other'; expected: 'me'\", make(RS, claims { iss = 'other' }))",
        "return fault('issuer', 'the token has no issuer (iss)', make(RS, { exp = now + 9, aud = 'you' })) and fault('issuer', 'no issuer', make(RS, claims { iss = { 'me' } })) and fault('issuer', 'no issuer', make(RS, claims { iss = 5 }))",
        "return fault('audience', \"the audience of the token is 'a', 'b'; expected: 'you'\", make(RS, claims { aud = { 'a', 'b' } }))",
        "return fault('audience', 'no audience (aud)', make(RS, { exp = now + 9, iss = 'me' })) and fault('audience', 'no audience', make(RS, claims { aud = {} })) and fault('audience', 'no audience', make(RS, claims { aud = { { 'you' } } })) and fault('audience', \"'You'\", make(RS, claims { aud = 'You' }))",
        // Two texts that Unicode calls equal are different names.
        "return fault('issuer', '', make(RS, claims { iss = 'e\\u{301}' }), { issuer = '\\u{e9}' })",
        // Signing.
        "local token = jwt.sign({ iss = 'me', aud = 'you', exp = now + 9, n = 1 }, { key = keys.rsa }) local header = json.decode(base64.decodeURL(token:match('^[^.]*'))) return verify(token).n == 1 and header.alg == 'RS256' and header.typ == 'JWT' and header.kid == nil",
        "local token = jwt.sign(claims(), { key = keys.ec, kid = 'k', header = { typ = 'at+jwt', x = 1 } }) local header = json.decode(base64.decodeURL(token:match('^[^.]*'))) return verify(token, { keys = keys.ecPublic }) ~= nil and header.alg == 'ES256' and header.kid == 'k' and header.typ == 'at+jwt' and header.x == 1",
        "local k = json.decode(keys.p384JWK) k.kid = 'own' local token = jwt.sign(claims(), { key = k }) return verify(token, { keys = { k }, algorithms = { 'ES384' } }) ~= nil and json.decode(base64.decodeURL(token:match('^[^.]*'))).kid == 'own'",
        "for _, a in ipairs { 'HS256', 'HS384', 'HS512' } do if not verify(jwt.sign(claims(), { secret = secret, algorithm = a }), { secret = secret, algorithms = { a } }) then return a end end for _, a in ipairs { 'RS384', 'RS512', 'PS256', 'PS384', 'PS512' } do if not verify(jwt.sign(claims(), { key = keys.rsa, algorithm = a }), { algorithms = { a } }) then return a end end return true",
        "local c = claims() local token = jwt.sign(c, { key = keys.ec }) local n = 0 for _ in pairs(c) do n = n + 1 end return n == 3",
    ])
    func `a token is accepted, or refused with the kind of its fault`(_ code: String) async throws {
        #expect(try await Self.run(code) == "true")
    }

    /// Calls that raise, and a part of the message.
    @Test(arguments: [
        ("jwt.verify('', { keys = keys.rsa })", "jwt.verify: name the issuer, the audience or both"),
        ("jwt.verify('', { issuer = 'me' })", "jwt.verify: set one of keys, jwks and secret"),
        ("jwt.verify('', { issuer = 'me', keys = keys.rsa, secret = secret })", "set one of keys, jwks and secret"),
        ("jwt.verify(nil, {})", "bad argument #1 to 'verify' (string expected, got nil)"),
        ("jwt.verify('')", "bad argument #2 to 'verify' (table expected, got nil)"),
        ("verify('', { audiences = 'x' })", "has no option 'audiences' (did you mean 'audience'?)"),
        ("verify('', { algorithms = 'none' })", "there is no algorithm 'none'; there are RS256"),
        ("verify('', { algorithms = {} })", "algorithms must be text or a list of 1 to 100 texts"),
        ("verify('', { algorithms = { 1 } })", "algorithms must be text or a list of texts"),
        ("verify('', { algorithms = 'HS256' })", "the algorithm HS256 needs a secret, not keys"),
        ("verify('', { algorithms = { 'RS256', 'HS512' } })", "the algorithm HS512 needs a secret, not keys"),
        (
            "verify('', { secret = secret, algorithms = 'RS256' })",
            "the algorithm RS256 needs keys or jwks, not a secret"
        ),
        ("verify('', { secret = keys.rsaPublic })", "secret is a PEM text; pass a key in \"keys\""),
        (
            "verify('', { secret = { kty = 'oct', k = base64.encodeURL(keys.ecPublic) } })",
            "secret is a PEM text; pass a key in \"keys\""
        ),
        ("verify('', { secret = 'short' })", "HS256 needs a secret of at least 32 bytes; this one has 5"),
        (
            "verify('', { secret = ('s'):rep(40), algorithms = { 'HS256', 'HS512' } })",
            "HS512 needs a secret of at least 64 bytes"
        ),
        ("verify('', { secret = json.decode(keys.rsaJWK) })", "the member 'kty' of the JWK must be oct for a secret"),
        ("verify('', { secret = 5 })", "secret must be text or a JWK table of kty oct"),
        ("verify('', { keys = { kty = 'oct', k = 'AAAA' } })", "is oct; pass a symmetric key as secret"),
        ("verify('', { keys = {} })", "keys must be a key, a list of 1 to 8 keys, or a JWK Set"),
        ("verify('', { keys = { keys = {} } })", "or a JWK Set with its list of keys"),
        ("verify('', { keys = { keys = { { kty = 'OKP' } } } })", "the JWK Set has no RSA or EC key for signatures"),
        ("verify('', { keys = { keys.rsa, 5 } })", "jwt.verify: a key is a PEM text or a JWK table, not number"),
        ("verify('', { keys = 'x' })", "jwt.verify: the key is not PEM"),
        (
            "local k = json.decode(keys.rsaJWK) k.use = 'enc' verify('', { keys = k })",
            "or key_ops says that it must not verify"
        ),
        ("jwt.verify('', { issuer = 'me', jwks = 'http://issuer/' })", "jwks must be a URL that begins with https://"),
        ("jwt.verify('', { issuer = 'me', jwks = 'https://u:p@issuer/' })", "has no password"),
        ("jwt.verify('', { issuer = 'me', jwks = { keys = {} } })", "jwks must be text"),
        ("verify('', { leeway = -1 })", "leeway must be a number of seconds from 0 to 600"),
        ("verify('', { leeway = 601 })", "leeway must be a number of seconds from 0 to 600"),
        ("verify('', { leeway = 0 / 0 })", "leeway must be a number of seconds from 0 to 600"),
        ("verify('', { exp = 5 })", "exp must be false"),
        ("verify('', { issuer = ('i'):rep(5000) })", "issuer must be text or a list of texts, each of at most 4 KB"),
        ("jwt.sign({}, {})", "jwt.sign: set the key or the secret"),
        ("jwt.sign('x', { key = keys.rsa })", "bad argument #1 to 'sign' (table expected, got string)"),
        ("jwt.sign({}, { key = keys.rsaPublic })", "jwt.sign: the key is a public key; only a private key signs"),
        ("jwt.sign({}, { key = keys.rsa, algorithm = 'ES256' })", "the algorithm ES256 does not fit the key"),
        ("jwt.sign({}, { key = keys.rsa, algorithm = 'HS256' })", "the algorithm HS256 does not fit the key"),
        ("jwt.sign({}, { secret = secret, algorithm = 'RS256' })", "the algorithm RS256 needs a key, not a secret"),
        ("jwt.sign({}, { secret = keys.rsa })", "secret is a PEM text; pass a key in \"key\""),
        ("jwt.sign({}, { secret = 'short' })", "HS256 needs a secret of at least 32 bytes"),
        ("jwt.sign({}, { key = keys.rsa, secret = secret })", "set key or secret, not both"),
        ("jwt.sign({}, { key = keys.rsa, header = { alg = 'none' } })", "header cannot have the member 'alg'"),
        ("jwt.sign({}, { key = keys.rsa, header = { crit = { 'x' } } })", "header cannot have the member 'crit'"),
        ("jwt.sign({ 1, 2 }, { key = keys.rsa })", "the claims must be a table of names and values"),
        ("jwt.sign({ x = ('x'):rep(30000) }, { key = keys.rsa })", "the token would be longer than 32 KB"),
        ("jwt.sign({ f = print }, { key = keys.rsa })", ".f: a function value"),
    ])
    func `misuse raises, with the script's line`(_ code: String, _ message: String) async throws {
        let text = try await Self.run("local ok, e = pcall(function() \(code) end) return not ok and e")
        #expect(text.contains(message), "\(text)")
        #expect(text.hasPrefix("script:"), "\(text)")
        #expect(!text.contains("ssss") && !text.contains("MIIE") && !text.contains("Eq5xpGnN"))
    }

    // MARK: -

    private static let app = Task {
        let files = try TemporaryApp([
            "functions/eval/function.json": TemporaryApp.httpFunction,
            "functions/eval/handler.lua": """
            return function(data)
                local chunk = assert(load(data.req.Body, "=script"))
                return { statusCode = 200, body = tostring((chunk())) }
            end
            """,
            "lib/keys.lua": TestKeys.module,
        ])
        return (try await InProcessHandler(root: files.folder.path), files)
    }

    private static func run(_ code: String) async throws -> String {
        let text = try await app.value.0.invoke("eval", body: prelude + code)
        return try JSONTree.parse(text.utf8Span.span.bytes)["Outputs"]?["res"]?["body"]?.string ?? text
    }
}
