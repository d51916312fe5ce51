import Foundation
import JSON
import TestSupport
import Testing

@testable import CustomHandler

/// `require "crypto"`: passwords, encryption and signatures, as a script sees them.
@Suite struct CryptoModuleTests {
    /// Bodies of functions that use `crypto`, `keys` and `json`, and must return true.
    @Test(arguments: [
        "return crypto.pbkdf2 { password = 'password', salt = 'salt', iterations = 2, length = 20, hash = 'sha1' } == 'ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957'",
        "return #crypto.pbkdf2({ password = '', salt = '', iterations = 1 }, 'raw') == 32 and #crypto.pbkdf2 { password = 'x', salt = '', iterations = 1, hash = 'sha512' } == 128",
        "local key = ('k'):rep(32) local sealed = crypto.aesGcm.seal(key, 'text') return #sealed == 12 + 4 + 16 and sealed ~= crypto.aesGcm.seal(key, 'text') and crypto.aesGcm.open(key, sealed) == 'text'",
        "local key = ('k'):rep(16) local sealed = crypto.aesGcm.seal(key, '', { nonce = ('n'):rep(12), aad = 'a' }) return sealed == crypto.aesGcm.seal(key, '', { aad = 'a', nonce = ('n'):rep(12) }) and sealed:sub(1, 12) == ('n'):rep(12) and crypto.aesGcm.open(key, sealed, { aad = 'a' }) == ''",
        "local key = ('k'):rep(24) local text, message, kind = crypto.aesGcm.open(key, crypto.aesGcm.seal(key, 'x', { aad = 'a' })) return text == nil and message:find('not sealed with this key') and kind == 'tag'",
        "local key = ('k'):rep(24) local text, _, kind = crypto.aesGcm.open(('l'):rep(24), crypto.aesGcm.seal(key, 'x')) return text == nil and kind == 'tag'",
        "local text, message, kind = crypto.aesGcm.open(('k'):rep(16), ('x'):rep(27)) return text == nil and message:find('at least 28 bytes') and kind == 'malformed'",
        "local key, long = crypto.random(32), ('long'):rep(1e5) return crypto.aesGcm.open(key, crypto.aesGcm.seal(key, long)) == long",
        // The nonce, text and tag of test case 4 of GCM's specification.
        "local hex = function(s) return (s:gsub('..', function(x) return string.char(tonumber(x, 16)) end)) end local sealed = crypto.aesGcm.seal(hex 'feffe9928665731c6d6a8f9467308308', hex 'd9313225f88406e5a55909c5aff5269a', { nonce = hex 'cafebabefacedbaddecaf888' }) return sealed:sub(13, 28) == hex '42831ec2217774244b7221b784d0d49c'",
        "local signature = crypto.sign('RS256', keys.rsa, 'text') return #signature == 256 and crypto.verify('RS256', keys.rsaPublic, 'text', signature) and crypto.verify('RS256', keys.rsaCertificate, 'text', signature) and crypto.verify('RS256', json.decode(keys.rsaJWK), 'text', signature) and not crypto.verify('RS256', keys.rsaPublic, 'texT', signature)",
        "local signature = crypto.sign('ES256', json.decode(keys.ecJWK), 'text') return #signature == 64 and crypto.verify('ES256', keys.ecPublic, 'text', signature) and not crypto.verify('ES256', keys.ecPublic, 'text', signature, 'der')",
        "local signature = crypto.sign('ES256', keys.ec, 'text', 'der') return signature:byte() == 0x30 and crypto.verify('ES256', keys.ecPublic, 'text', signature, 'der') and not crypto.verify('ES256', keys.ecPublic, 'text', signature)",
        "for _, a in ipairs { 'RS384', 'RS512', 'PS256', 'PS384', 'PS512' } do if not crypto.verify(a, keys.rsaPublic, '', crypto.sign(a, keys.rsa, '')) then return false end end return crypto.verify('ES384', json.decode(keys.p384JWK), 'x', crypto.sign('ES384', keys.p384, 'x'))",
        "local long = ('x'):rep(1e6) return crypto.verify('ES256', keys.ecPublic, long, crypto.sign('ES256', keys.ec, long))",
        "return not crypto.verify('RS256', keys.rsaPublic, 'x', '') and not crypto.verify('RS256', keys.rsaPublic, 'x', ('s'):rep(1e6)) and not crypto.verify('ES256', keys.ecPublic, 'x', ('\\0'):rep(64))",
        // More keys than are kept.
        "for i = 1, 40 do if crypto.verify('ES256', 'note ' .. i .. '\\n' .. keys.ecPublic, 'x', ('1'):rep(64)) then return false end end return true",
    ])
    func `the module does what its documentation says`(_ code: String) async throws {
        #expect(try await Self.run(code) == "true")
    }

    /// Calls that raise, and a part of the message.
    @Test(arguments: [
        ("crypto.pbkdf2 { salt = '', iterations = 1 }", "crypto.pbkdf2: the password is missing"),
        ("crypto.pbkdf2 { password = '', iterations = 1 }", "crypto.pbkdf2: the salt is missing"),
        ("crypto.pbkdf2 { password = '', salt = '' }", "the number of iterations is missing; 600000 is usual"),
        ("crypto.pbkdf2 { password = '', salt = '', iterations = 0 }", "iterations must be a whole number, 1 or more"),
        ("crypto.pbkdf2 { password = '', salt = '', iterations = 1.5 }", "iterations must be a whole number"),
        (
            "crypto.pbkdf2 { password = '', salt = '', iterations = 1, length = 1025 }",
            "length must be a whole number, 1 to 1024"
        ),
        (
            "crypto.pbkdf2 { password = '', salt = '', iteration = 1 }",
            "has no option 'iteration' (did you mean 'iterations'?)"
        ),
        ("crypto.pbkdf2 { password = 1, salt = '', iterations = 1 }", "password must be text"),
        ("crypto.pbkdf2 { password = '', salt = '', iterations = 1, hash = 'sha' }", "no hash 'sha'; there are md5"),
        ("crypto.pbkdf2('password')", "bad argument #1 to 'pbkdf2' (table expected, got string)"),
        ("crypto.aesGcm.seal('short', 'x')", "bad argument #1 to 'seal' (a key of 16, 24 or 32 bytes expected, got 5"),
        ("crypto.aesGcm.seal(('k'):rep(16))", "bad argument #2 to 'seal' (string expected, got no value)"),
        ("crypto.aesGcm.seal(('k'):rep(16), 'x', { nonce = 'n' })", "crypto.aesGcm.seal: nonce must have 12 bytes"),
        ("crypto.aesGcm.open(('k'):rep(16), 'x', { nonce = 'n' })", "crypto.aesGcm.open has no option 'nonce'"),
        ("crypto.sign('RS265', keys.rsa, '')", "no algorithm 'RS265'; there are RS256, RS384, RS512, PS256"),
        ("crypto.sign('HS256', keys.rsa, '')", "use crypto.hmac"),
        ("crypto.sign('none', keys.rsa, '')", "no algorithm 'none'"),
        ("crypto.sign('RS256', keys.rsaPublic, '')", "crypto.sign: the key is a public key; only a private key signs"),
        ("crypto.sign('RS256', keys.ec, '')", "crypto.sign: RS256 needs an RSA key, and this is a key on P-256"),
        ("crypto.sign('ES384', keys.ec, '')", "ES384 needs a key on P-384, and this is a key on P-256"),
        ("crypto.sign('RS256', keys.rsa, '', 'der')", "bad argument #4 to 'sign' (\"der\" expected"),
        ("crypto.verify('ES256', keys.ec, '', '', 'raw')", "bad argument #5 to 'verify' (\"der\" expected"),
        ("crypto.verify('ES256', 5, '', '')", "crypto.verify: a key is a PEM text or a JWK table, not number"),
        ("crypto.verify('ES256', 'secret', '', '')", "crypto.verify: the key is not PEM"),
        ("crypto.verify('RS256', keys.rsaEncrypted, '', '')", "the private key is encrypted; decrypt it"),
        ("crypto.verify('RS256', keys.rsa1024, '', '')", "the RSA key has 1024 bits; it must have 2048 to 4096"),
        ("crypto.verify('ES256', keys.ecExplicit, '', '')", "the curve of the key is given by its parameters"),
        ("crypto.verify('RS256', {}, '', '')", "the member 'kty' of the JWK must be RSA or EC"),
        ("crypto.verify('RS256', { kty = 'RSA', e = 'AQAB' }, '', '')", "the member 'n' of the JWK is missing"),
        (
            "crypto.verify('RS256', { kty = 'RSA', n = ('A'):rep(1e7), e = 'AQAB' }, '', '')",
            "the member 'n' of the JWK must be text of at most 1024 bytes"
        ),
        (
            "crypto.verify('RS256', { kty = 'RSA', n = '_w==', e = 'AQAB' }, '', '')",
            "the member 'n' of the JWK must be base64url without padding"
        ),
        ("crypto.verify('RS256', { kty = 'RSA', n = '_w', e = 'AQAB' }, '', '')", "the RSA key has 8 bits"),
        (
            "crypto.verify('ES256', { kty = 'EC', crv = 'P-512' }, '', '')",
            "the member 'crv' of the JWK must be P-256 or P-384"
        ),
        (
            "crypto.verify('ES256', { kty = 'EC', crv = 'P-256', x = 'AA', y = 'AA' }, '', '')",
            "the member 'x' of the JWK must have 32 bytes for P-256, not 1"
        ),
        (
            "crypto.verify('ES256', { kty = 'EC', crv = 'P-256', x = ('A'):rep(43), y = ('A'):rep(43) }, '', '')",
            "the point of the public key is not on its curve"
        ),
        ("crypto.verify('RS256', { kty = 'oct', k = 'AA' }, '', '')", "must be RSA or EC"),
        (
            "local k = json.decode(keys.rsaJWK) k.p = nil crypto.sign('RS256', k, '')",
            "the member 'p' of the JWK is missing"
        ),
        (
            "local k = json.decode(keys.rsaJWK) k.dp = k.dq crypto.sign('RS256', k, '')",
            "the parts of the private key do not belong together"
        ),
        (
            "local k = json.decode(keys.ecJWK) k.d = k.x crypto.sign('ES256', k, '')",
            "the parts of the private key do not belong together"
        ),
    ])
    func `a wrong call raises, with the script's line`(_ code: String, _ message: String) async throws {
        let text = try await Self.run("local ok, e = pcall(function() \(code) end) return not ok and e")
        #expect(text.contains(message) && text.contains(":1: "), "\(text)")
        for secret in ["MIIE", "Eq5xpGnN", "jpsQnnGQ"] { #expect(!text.contains(secret)) }
    }

    // MARK: -

    private static let app = Task {
        let files = try TemporaryApp([
            "functions/eval/function.json": TemporaryApp.httpFunction,
            "functions/eval/handler.lua": """
            local crypto, json, keys = require "crypto", require "json", require "keys"
            return function(data)
                local chunk = assert(load("local crypto, json, keys = ... " .. data.req.Body, "=script"))
                return { statusCode = 200, body = tostring(chunk(crypto, json, keys)) }
            end
            """,
            "lib/keys.lua": TestKeys.module,
        ])
        return (try await InProcessHandler(root: files.folder.path), files)
    }

    private static func run(_ code: String) async throws -> String {
        let text = try await app.value.0.invoke("eval", body: code)
        return try JSONTree.parse(text.utf8Span.span.bytes)["Outputs"]?["res"]?["body"]?.string ?? text
    }
}
