import FunctionsModel
import JSON

/// The body of `POST /admin/functions/NAME`, which runs a function by hand (host-contract §13).
struct FunctionInvocation {
    /// The value for the trigger; nil if the body has none. The host then cannot bind the trigger.
    let input: String?

    struct Refusal: Error { let reason: String }

    init(_ body: [UInt8]) throws(Refusal) {
        let advice = "send an object such as {\"input\":\"text\"}"
        let object: NewtonsoftObject?
        do throws(JSONError) {
            object = try NewtonsoftObject(StreamText(body).text, .run, zone: .utc)
        } catch .syntax(.wrongKind(let what, _, _), _, _) where what == "\"input\"" {
            throw Refusal(reason: "\"input\" must be a string; put JSON into it as a string")
        } catch {
            throw Refusal(reason: "the body cannot be read: \(error); \(advice)")
        }
        guard let object else { throw Refusal(reason: "the body is null; \(advice)") }
        input = object["input"]?.string
    }
}
