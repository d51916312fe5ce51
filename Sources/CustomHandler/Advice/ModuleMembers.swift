import FunctionsModel
import Lua

extension Modules {
    /// Makes it an error to read a member that the module on top of the stack does not have. [0]
    static func refuseUnknownMembers(of module: String, on stack: LuaStack) {
        let table = stack.count
        if !stack.pushMetatable(of: table) {
            stack.pushTable(hash: 2)
            stack.push(false)
            stack.setField("__metatable", of: -2)
            stack.setMetatable()
            _ = stack.pushMetatable(of: table)
        }
        stack.push(function: module) { stack throws(LuaError) in
            guard let name = stack.string(at: 2, upTo: 64) else {
                stack.pushNil()
                return 1
            }
            var members: [String] = []
            stack.forEachPair(at: 1) { () throws(Never) in
                if stack.type(at: -2) == .string, let member = stack.string(at: -2, upTo: 64) { members.append(member) }
            }
            throw .message(ModuleMembers.unknown(name, of: module, members: members.sorted()))
        }
        stack.setField("__index", of: -2)
        stack.pop()
    }
}

/// The sentence about a member that a module of luafunc does not have.
enum ModuleMembers {
    static func unknown(_ name: String, of module: String, members: [String]) -> String {
        var text = "\(module) has no member '\(name)'"
        let meaning = meanings[module]?[name.lowercased().filter { $0 != "_" }]
        if let meaning, meaning.contains(" ") {
            text += "; \(meaning)"
        } else if let meant = meaning.flatMap({ members.contains($0) ? $0 : nil })
            ?? NearestName.find(name, among: members)
        {
            text += "; did you mean '\(meant)'?"
        } else {
            text += "."
        }
        return text + (text.hasSuffix("?") || text.hasSuffix(".") ? "" : ".") + " It has "
            + members.joined(separator: ", ")
    }

    /// The members that other languages and libraries call differently: by module, and by the other name in lower case
    /// without underscores. A text with spaces is advice.
    private static let meanings: [String: [String: String]] = [
        "azure": ["binary": "bytes", "buffer": "bytes", "raw": "bytes"],
        "base64": [
            "enc": "encode", "dec": "decode", "b64encode": "encode", "b64decode": "decode", "encode64": "encode",
            "decode64": "decode", "btoa": "encode", "atob": "decode", "tobase64": "encode", "frombase64": "decode",
            "urlencode": "encodeURL", "urldecode": "decodeURL", "encodeurlsafe": "encodeURL",
            "decodeurlsafe": "decodeURL", "urlsafeb64encode": "encodeURL", "urlsafeb64decode": "decodeURL",
        ],
        "crypto": [
            "md4": "md5", "sha": "sha256", "sha2": "sha256", "hash": "sha256", "digest": "sha256",
            "hmacsha256": "hmac", "randombytes": "random", "rand": "random", "compare": "equal",
            "timingsafeequal": "equal", "constanttimecompare": "equal", "aes": "aesGcm", "encrypt": "aesGcm",
            "decrypt": "aesGcm", "aesgcmseal": "aesGcm", "scrypt": "pbkdf2", "bcrypt": "pbkdf2",
            "randomuuid": "uuids are made by require(\"uuid\").v4()",
            "uuid": "uuids are made by require(\"uuid\").v4()",
        ],
        "crypto.aesGcm": ["encrypt": "seal", "decrypt": "open"],
        "http": [
            "fetch": "request", "call": "request", "send": "request", "open": "request", "options": "request",
            "del": "delete", "remove": "delete", "sse": "eventStream", "events": "eventStream",
            "stream": "eventStream", "respond": "response", "reply": "response",
        ],
        "json": [
            "parse": "decode", "load": "decode", "loads": "decode", "deserialize": "decode", "unmarshal": "decode",
            "fromjson": "decode", "read": "decode", "stringify": "encode", "dump": "encode", "dumps": "encode",
            "serialize": "encode", "marshal": "encode", "tojson": "encode", "write": "encode", "emptyarray": "array",
            "list": "array", "newarray": "array", "map": "object", "newobject": "object", "none": "null",
        ],
        "jwt": ["decode": "verify", "encode": "sign", "check": "verify", "parse": "verify", "create": "sign"],
        "log": [
            "warning": "warn", "err": "error", "fatal": "error", "critical": "error", "exception": "error",
            "trace": "debug", "verbose": "debug", "notice": "info", "information": "info", "log": "info",
            "print": "info", "write": "info",
        ],
        "task": [
            "wait": "sleep", "delay": "sleep", "run": "spawn", "start": "spawn", "go": "spawn", "create": "spawn",
            "new": "spawn", "async": "spawn", "thread": "spawn", "fork": "spawn", "gather": "all", "parallel": "all",
            "whenall": "all", "waitall": "all", "join": "join is a method: local t = task.spawn(f); t:join()",
            "await": "join is a method: local t = task.spawn(f); t:join()",
            "cancel": "cancel is a method: local t = task.spawn(f); t:cancel()",
            "kill": "cancel is a method: local t = task.spawn(f); t:cancel()", "yield": "sleep(0) lets other tasks run",
        ],
        "time": [
            "time": "now", "timestamp": "now", "current": "now", "unix": "now", "clock": "monotonic",
            "elapsed": "monotonic", "iso": "format", "toiso": "format", "tostring": "format",
            "strftime": "format", "fromiso": "parse", "strptime": "parse",
            "sleep": "waiting is done by require(\"task\").sleep(seconds)",
            "wait": "waiting is done by require(\"task\").sleep(seconds)",
        ],
        "url": [
            "escape": "encode", "quote": "encode", "encodeuricomponent": "encode", "urlencode": "encode",
            "unescape": "decode", "unquote": "decode", "decodeuricomponent": "decode", "urldecode": "decode",
            "build": "query", "encodequery": "query", "params": "query", "split": "parse", "new": "parse",
        ],
        "uuid": [
            "new": "v4", "generate": "v4", "random": "v4", "create": "v4", "uuid": "v4", "uuid4": "v4", "guid": "v4",
            "newguid": "v4", "uuid7": "v7", "ordered": "v7",
        ],
    ]
}
