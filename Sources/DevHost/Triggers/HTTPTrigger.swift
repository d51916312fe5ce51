import FunctionsModel
import JSON

/// An HTTP trigger: callers fire it, through `DevHost.answer`.
struct HTTPTrigger: Trigger {
    static let type = BindingType.httpTrigger

    /// The key that callers need (host-contract §12).
    let level: Keys.Level

    init(_ binding: Binding) throws(PropertyError) {
        guard let written = binding.tree.member(anyCase: "authLevel") else {
            level = .function
            return
        }
        switch written.string?.lowercased() {
        case "anonymous": level = .anonymous
        case "admin": level = .admin
        // The last two are levels of the host for old apps.
        case "function", "system", "user": level = .function
        default:
            throw binding.error("authLevel", "\"authLevel\" must be \"anonymous\", \"function\" or \"admin\"")
        }
    }

    static func payload(byHand run: RunByHand, for trigger: TriggerBinding) throws -> InvocationPayload {
        throw NeedsRequest()
    }

    static func payload(of sample: SampleEvent, for trigger: TriggerBinding) throws -> InvocationPayload {
        throw NeedsRequest()
    }

    private struct NeedsRequest: Error, CustomStringConvertible {
        let description = "an HTTP trigger needs a request; call the function's URL instead"
    }
}
