public import JSON

extension LuaStack: JSONLimits {
    public func hasTime(after bytes: Int) throws(JSONError.SyntaxReason) -> Bool {
        do throws(LuaError) {
            return try mayGoOn(after: bytes)
        } catch {
            if case .timeLimit = error { throw .timeLimit }
            throw .memoryLimit(memoryLimit)
        }
    }
}

extension JSONError {
    /// The limit that ended the reading, or the time limit that ended the writing; nil for any other error. A text that
    /// would be too large to write has its own message, so it counts as another error.
    public var limit: LuaError? {
        switch self {
        case .unwritable(.timeLimit, _), .syntax(.timeLimit, _, _): .timeLimit
        case .syntax(.memoryLimit, _, _): .memoryLimit
        default: nil
        }
    }
}
