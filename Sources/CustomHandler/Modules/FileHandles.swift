import FunctionsModel
import Lua

/// `io.open`, `io.lines` and `io.type`, for files of the app, read only.
///
/// A handle consists of Lua values: it remembers the file's version and the position, and reads pieces as it needs
/// them. So its memory counts as all of a script's, and nothing has to be closed.
enum FileHandles {
    /// Adds the functions to the table `io`. Most functions never call them, so what they need is opened at the first
    /// call. [0]
    static func install(_ stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaFailure) {
        stack.pushLate { stack throws(LuaError) in
            stack.setCount(1)
            try open(onto: stack, scope)
        }
        stack.pushOwnHelpers()
        try stack.run(stub, arguments: 3)
        stack.pop()
    }

    private static let stub = LuaChunk(
        """
        local files, wrap = ...
        local io, rawset = io, rawset
        local other_type = io.type
        local function later(name) rawset(io, name, wrap(function(...) return files(other_type)[name](...) end)) end
        later "open" later "lines" later "type"
        """, hasLines: false)

    /// Opens the functions. The `io.type` of the standard streams is on top. [0]
    private static func open(onto stack: LuaStack, _ scope: FunctionVM.Scope) throws(LuaError) {
        stack.push(function: "open") { stack throws(LuaError) in
            try stack.demand(Stretch.bytes)
            let path = stack.string(at: 1, upTo: AppFiles.pathLimit + 1) ?? ""
            return stack.wait(for: Wait.file(FileRequest(files: scope.files, work: .open(path))))
        }
        pushPiece(onto: stack, scope)
        stack.push(function: "demand") { stack throws(LuaError) in
            try stack.demand(Int(stack.integer(at: 1) ?? 0))
            return 0
        }
        stack.push(function: "handle") { stack throws(LuaError) in
            stack.setCount(1)
            stack.pushBlock([UInt8]().span.bytes, values: 0)
            stack.insert(at: 1)
            stack.setMetatable()
            return 1
        }
        try Modules.run(chunk, arguments: 5, onto: stack)
    }

    /// Pushes the function `piece(path, version, offset, count)`, which returns the bytes of a file at an offset, at
    /// least one, or nil, a message and a code. [+1]
    static func pushPiece(onto stack: LuaStack, _ scope: FunctionVM.Scope) {
        stack.push(function: "piece") { stack throws(LuaError) in
            try stack.demand(Stretch.bytes)
            let work = FileRequest.Work.piece(
                stack.string(at: 1) ?? "", version: stack.string(at: 2) ?? "", offset: Int(stack.integer(at: 3) ?? 0),
                count: Int(stack.integer(at: 4) ?? 0))
            return stack.wait(for: Wait.file(FileRequest(files: scope.files, work: work)))
        }
    }
}
