import Crypto
import FunctionsModel
import HTTP
import Lua

extension Modules {
    /// The module `jwt`: `verify`, which may wait for the issuer's keys, and `sign`.
    static func openJWT(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        stack.push(function: "verify") { stack throws(LuaError) in try verify(on: stack, scope) }
        stack.push(function: "fetch") { stack throws(LuaError) in
            stack.wait(for: Wait.keySet(try stack.argumentText(1)))
        }
        stack.push(function: "sign") { stack throws(LuaError) in
            try stack.argumentTable(1)
            return try SigningOptions(at: 2, of: stack, scope).pushHeader(onto: stack)
        }
        stack.push(function: "sign") { stack throws(LuaError) in
            try SigningOptions(at: 1, of: stack, scope).sign(on: stack)
        }
        try open("json", onto: stack, scope)
        stack.pushField("encode", of: -1)
        stack.replace(at: stack.count - 1)
        try run(jwtChunk, arguments: 5, onto: stack)
    }

    private static let jwtChunk = LuaChunk(
        """
        local check, fetch, begin, finish, encode, wrap = ...
        return {
            verify = wrap(function(token, options)
                local claims, message, kind, shown = check(token, options)
                if claims == false then
                    fetch(message)
                    claims, message, kind, shown = check(token, options)
                    if claims == false then message = "the keys at " .. shown .. " did not arrive in time" end
                end
                if claims then return claims end
                return nil, message, kind
            end),
            sign = wrap(function(claims, options)
                local header = begin(claims, options)
                local token = finish(options, encode(header), encode(claims))
                return token
            end),
        }
        """)

    /// Returns the claims; nil, a message and a kind; or false, the URL from which keys must be fetched first, the kind
    /// of the fault if they do not arrive, and the URL for its message.
    private static func verify(on stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) -> Int {
        guard stack.type(at: 1) == .string else { throw stack.wrongArgument(1, "string") }
        let options = try TokenOptions(at: 2, of: stack, scope)
        let isShort = stack.withBytes(at: 1) { $0.byteCount <= Token.sizeLimit } ?? false
        // One byte more than allowed is refused as well.
        let text = isShort ? try stack.argumentBytes(1) : [UInt8](repeating: 0, count: Token.sizeLimit + 1)
        let beginning = Result { () throws(TokenFault) in try TokenVerification.begin(text, options, scope.keySets) }
        switch beginning {
        case .failure(let fault): return fault.push(onto: stack)
        case .success(.fetch(let url)):
            stack.push(false)
            stack.push(url)
            stack.push("jwks" as StaticString)
            stack.push(URL.shown(url))
            return 4
        case .success(.verify(let verification)):
            return try stack.work { stack throws(LuaError) in try verification.step(stack, scope) }
        }
    }
}
