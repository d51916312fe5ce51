import FunctionsModel
import JSON

/// The members of an answer (host-contract §9.1, §9.2).
struct AnswerPayload {
    /// The member `Outputs`; nil if there is none, which differs from an empty one.
    let outputs: [NewtonsoftValue.Member]?
    let logs: [String]
    let returnValue: NewtonsoftValue

    /// Returns nil if the host reports nothing back, so that the invocation hangs.
    init?(_ answer: Answer, zone: HostZone, _ warnings: inout [AnswerWarning]) throws(AnswerFailure) {
        guard 200..<300 ~= answer.status else { throw .status(answer.status) }
        if answer.body.isEmpty {
            warnings.append(.hangs("empty"))
            return nil
        }
        let type = MediaType(answer.contentType)
        guard type.isJSON else { throw .contentType(type.name) }
        guard let text = type.text(of: answer.body) else {
            throw .kind("the answer", "bytes that are not text", wanted: "JSON in UTF-8")
        }
        guard let object = try Self.read(text, zone) else {
            let start = text.trimmed.prefix(2)
            warnings.append(.hangs(start.isEmpty ? "empty" : ["\"\"", "''"].contains(start) ? "\"\"" : "null"))
            return nil
        }
        outputs = object["Outputs"]?.members
        // Numbers and booleans became their texts; dates stay unchanged here.
        logs = object["Logs"]?.elements?.map { $0.string ?? "[null]" } ?? []
        returnValue = object["ReturnValue"] ?? .null
        if !object.rest.isEmpty { warnings.append(.ignoredText(object.rest)) }
        if let name = object.repeatedName { warnings.append(.repeatedName(name)) }
        warnings += object.reservedNames.map { .reservedName($0) }
        warnings += object.ignoredNames.map { .ignoredMember($0) }
    }

    private static func read(_ text: String, _ zone: HostZone) throws(AnswerFailure) -> NewtonsoftObject? {
        do throws(JSONError) {
            return try NewtonsoftObject(text, .answer, zone: zone)
        } catch .syntax(.wrongKind(let what, let kind, let wanted), _, _) {
            throw .kind(what, kind, wanted: wanted)
        } catch .syntax(.dateOutOfRange(let text), _, _) {
            throw .date(text)
        } catch {
            throw .json(error)
        }
    }
}
