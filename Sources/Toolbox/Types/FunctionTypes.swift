package import FunctionsModel

/// The definitions of what each function of an app gets and returns, made from its function.json.
package enum FunctionTypes {
    /// The text of a definition file. A function whose function.json is invalid gets classes that allow everything, so that
    /// its handler does not fill with warnings meanwhile.
    package static func text(of app: FunctionApp) -> String {
        var text = """
            ---@meta _

            -- luafunc makes this file from each function.json, and writes it again. Do not edit it.

            """
        // Any folder may have a function.json, but only a name of a function is the name of a class.
        for name in app.names where Function.isName(name) {
            text += app.functions[name].map(definition) ?? placeholder(name)
        }
        return text
    }

    /// The line above a handler that gives its argument the type.
    package static func line(for function: String) -> String { "---@param data \(function).data" }

    private static func definition(of function: Function) -> String {
        let name = function.name
        var text = "\n---The inputs in \(function.file).\n---@class \(name).data\n"
        for binding in function.inputs {
            text += "---@field \(binding.name) \(LuaTypes.input(of: binding))\(description(of: binding))\n"
        }
        text += "\n---@class \(name).context: luafunc.Context\n---@field functionName \"\(name)\"\n"
        text += "\n---The outputs in \(function.file).\n---@class \(name).outputs\n"
        for binding in function.outputs {
            let type = LuaTypes.output(of: binding)
            text +=
                binding.name == "$return"
                ? "---@field [\"$return\"] \(type)|nil\(description(of: binding))\n"
                : "---@field \(binding.name)? \(type)\(description(of: binding))\n"
        }
        let only = function.returnOutput ?? (function.outputs.count == 1 ? function.outputs.first : nil)
        let direct = only.map { LuaTypes.output(of: $0) + "|" } ?? ""
        text += "\n---@alias \(name).result \(direct)\(name).outputs|luafunc.Payload|nil\n"
        return text + handler(name)
    }

    /// The binding's type, after a space. A type that is not a word is left out, because function.json may say anything
    /// there, and a line break would begin a line of its own.
    private static func description(of binding: Binding) -> String {
        let type = binding.type.name
        return type.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } ? " \(type)" : ""
    }

    private static func placeholder(_ name: String) -> String {
        var text = ""
        for part in ["data", "outputs"] {
            text += "\n---Its function.json cannot be read.\n---@class \(name).\(part)\n---@field [string] any\n"
        }
        return text + "\n---@class \(name).context: luafunc.Context\n\n---@alias \(name).result any\n" + handler(name)
    }

    private static func handler(_ name: String) -> String {
        """
        ---@alias \(name).handler fun(data: \(name).data, metadata: luafunc.Metadata, context: \(name).context): \
        \(name).result, string?

        """
    }
}
