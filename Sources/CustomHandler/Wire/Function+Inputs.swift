import FunctionsModel
import Lua

extension Function {
    /// The form of a member's value in `Data`. A member without a binding is JSON in a string.
    func input(of key: JSONKey) -> Binding.Input {
        for binding in inputs where key == binding.key { return binding.input }
        return .wrapped(levels: 1)
    }
}
