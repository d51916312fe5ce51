package import FunctionsModel
import JSON

/// The types of bindings' values in Lua, as annotations.
package enum LuaTypes {
    /// The type of `data.NAME`.
    package static func input(of binding: Binding) -> String {
        guard let type = inputs[binding.type.name.lowercased()] else { return "any" }
        if binding.type == .blob, binding.dataType == "stream" { return "nil" }
        if case .nullWith(let property) = binding.type.missing {
            return binding.tree.member(anyCase: property) == nil ? type + "[]" : type + "?"
        }
        return binding.isMany && lists.contains(type) ? type + "[]" : type
    }

    /// Whether the type of this input is known.
    package static func knows(_ type: BindingType) -> Bool { inputs[type.name.lowercased()] != nil }

    /// The type of a value that the handler returns for the output.
    package static func output(of binding: Binding) -> String {
        switch binding.output {
        case .http: "luafunc.HTTPOutput"
        case .blob: "luafunc.BlobOutput"
        case .messages: "luafunc.MessageOutput"
        case .textMessages: "luafunc.TextMessageOutput"
        case .documents: "luafunc.DocumentOutput"
        case .items: "any"
        }
    }

    /// By the type's name in lower case.
    private static let inputs = [
        "httptrigger": "luafunc.Request", "timertrigger": "luafunc.Timer", "warmuptrigger": "any",
        "queuetrigger": "string", "servicebustrigger": "string", "eventhubtrigger": "string",
        "kafkatrigger": "string", "rabbitmqtrigger": "string", "blobtrigger": "string", "blob": "string?",
        "eventgridtrigger": "luafunc.GridEvent", "cosmosdbtrigger": "table<string, any>[]",
        "cosmosdb": "table<string, any>", "table": "table<string, any>", "sqltrigger": "luafunc.SQLChange[]",
        "sql": "table<string, any>[]",
    ]

    /// What becomes a list with `"cardinality": "many"`.
    private static let lists: Set = ["string", "luafunc.GridEvent"]
}
