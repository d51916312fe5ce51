import FunctionsModel
import JSON

/// The reason why the host could not use a property of a binding.
struct PropertyError: Error, CustomStringConvertible {
    enum Kind {
        case missing, unsetSetting, value
    }

    let binding: String
    let kind: Kind
    /// The place of the property, or of the binding that lacks it.
    let place: JSONTree.Place
    let reason: String

    var description: String { "binding '\(binding)': \(reason)" }
}

extension Binding {
    /// The value that `read` makes of a property's text. Throws if the property is missing, needs an app setting that is
    /// not set, or cannot be read.
    func property<Value>(_ name: String, _ read: (String) throws -> Value) throws(PropertyError) -> Value {
        let tree = tree.member(anyCase: name)
        guard let text = tree?.string, !text.isEmpty else {
            throw PropertyError(
                binding: self.name, kind: .missing, place: self.tree.place, reason: "has no \"\(name)\"")
        }
        if let setting = unsetSetting(of: name) {
            throw error(name, "\"\(name)\" needs the app setting \(setting), which is not set", .unsetSetting)
        }
        do {
            return try read(text)
        } catch {
            throw self.error(name, (error as? BindingTemplateError)?.reason ?? "\(error)")
        }
    }

    /// A property with expressions, which each invocation fills in.
    ///
    /// - Parameter check: gets the text if it has no expression.
    func expression(_ name: String, check: (String) throws -> Void) throws(PropertyError) -> BindingExpression {
        try property(name) { text in
            let expression = try BindingExpression(text, property: name, binding: self.name)
            if !text.utf8.contains(UInt8(ascii: "{")) { try check(text) }
            return expression
        }
    }

    func error(_ property: String, _ reason: String, _ kind: PropertyError.Kind = .value) -> PropertyError {
        PropertyError(
            binding: name, kind: kind, place: (tree.member(anyCase: property) ?? tree).place, reason: reason)
    }
}
