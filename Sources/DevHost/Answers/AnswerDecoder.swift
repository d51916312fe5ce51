package import FunctionsModel

/// Decodes answers as the Functions host does in the default payload mode (host-contract §9), and warns where the host
/// would be silent.
public struct AnswerDecoder: Sendable {
    private let outputs: [OutputBinding]
    private let isHTTP: Bool
    private let zone: HostZone

    /// - Parameters:
    ///   - outputs: the function's outputs, in the order of function.json.
    ///   - isHTTP: the function's trigger is an httpTrigger.
    ///   - zone: the host's, in which it holds dates.
    package init(outputs: [OutputBinding], isHTTP: Bool, zone: HostZone = .utc) {
        self.outputs = outputs
        self.isHTTP = isHTTP
        self.zone = zone
    }

    /// - Parameter accept: the header `Accept` of an HTTP trigger's caller.
    public func decode(_ answer: Answer, accept: String? = nil) -> Delivery {
        var delivery = Delivery()
        var warnings: [AnswerWarning] = []
        do throws(AnswerFailure) {
            if let payload = try AnswerPayload(answer, zone: zone, &warnings) {
                delivery.logs = payload.logs
                try deliver(payload, for: AcceptedTypes(accept), &delivery, &warnings)
            } else {
                delivery.hangs = true
            }
        } catch {
            delivery.failure = error.description
            if error.isAboutWholeAnswer { delivery.detail = String(decoding: answer.body, as: UTF8.self) }
        }
        delivery.warnings = warnings.map(\.description)
        return delivery
    }

    /// The value for one output, not yet converted by the binding.
    private enum Value {
        case plain(NewtonsoftValue)
        /// The response of an http output, by the rules for its name.
        case response(DraftResponse)
        /// An http output that is missing in `Outputs` although other outputs are present.
        case missing
    }

    /// Delivers the outputs. A malformed http output fails before anything is written; after that every output is
    /// tried, as the host writes them in parallel.
    private func deliver(
        _ payload: AnswerPayload, for accept: AcceptedTypes, _ delivery: inout Delivery,
        _ warnings: inout [AnswerWarning]
    ) throws(AnswerFailure) {
        var values = try values(payload, accept, &warnings)
        let returned = takeReturnValue(payload, &values, &warnings)
        var response: (DraftResponse, place: String)?
        var failure: AnswerFailure?
        for output in outputs {
            guard let value = values[output.name] else { continue }
            do throws(AnswerFailure) {
                if output.kind == .http {
                    let draft = try self.response(value, output, accept, &warnings)
                    response = draft.map { ($0, output.place) } ?? response
                } else if case .plain(let value) = value {
                    try write(value, output, &delivery, &warnings)
                }
            } catch {
                failure = failure ?? error
            }
        }
        if !isHTTP || response != nil { warnOfIgnored(payload.returnValue, &warnings) }
        if let failure { throw failure }
        guard isHTTP else { return }
        let (final, place) = response ?? (DraftResponse(object: returned, accept: accept), "ReturnValue")
        do throws(UnsendableResponse) {
            let http = try final.written(place: place, &warnings)
            delivery.http = http
            if !(200...999 ~= http.status) { throw .status(place: place, http.status) }
        } catch {
            if delivery.http == nil { delivery.http = HTTPResult(status: 500) }
            delivery.unsendable = error.description
            warnings.append(.unsendable(error))
        }
    }

    // MARK: Values

    /// The values in `Outputs`, by the exact names of the bindings (host-contract §9.2).
    private func values(
        _ payload: AnswerPayload, _ accept: AcceptedTypes, _ warnings: inout [AnswerWarning]
    ) throws(AnswerFailure) -> [String: Value] {
        guard let members = payload.outputs else { return [:] }
        var values: [String: Value] = [:]
        for output in outputs where !output.isReturn {
            let value = members.first { $0.name == output.name }?.value
            if output.type == .http, output.writtenType == output.type.name {
                values[output.name] =
                    try value.map { value throws(AnswerFailure) in
                        var http = HTTPOutput(output, zone: zone, accept: accept)
                        let response = try http.named(value)
                        warnings += http.warnings
                        return .response(response)
                    } ?? .missing
            } else if let value {
                values[output.name] = .plain(guessed(value, output))
            }
        }
        for member in members {
            if !outputs.contains(where: { $0.name == member.name }) {
                warnings.append(.unknownOutput(member.name, known: outputs.map(\.name)))
            } else if member.name == "$return" {
                warnings.append(.replacedOutput(member.name))
            }
        }
        return values
    }

    /// `ReturnValue` belongs to `$return`. Without that binding, the members of an object replace outputs, and base64
    /// is not guessed (host-contract §9.7).
    private func takeReturnValue(
        _ payload: AnswerPayload, _ values: inout [String: Value], _ warnings: inout [AnswerWarning]
    ) -> NewtonsoftValue {
        if let output = outputs.first(where: \.isReturn) {
            let value = guessed(payload.returnValue, output)
            values[output.name] = .plain(value)
            return value
        }
        for member in payload.returnValue.members ?? [] {
            switch values.updateValue(.plain(member.value), forKey: member.name) {
            case .plain, .response: warnings.append(.replacedOutput(member.name))
            case .missing, nil: break
            }
        }
        return payload.returnValue
    }

    private func guessed(_ value: NewtonsoftValue, _ output: OutputBinding) -> NewtonsoftValue {
        guard case .string(let text) = value, !output.isBinary, let bytes = Base64.decode(text) else {
            return value
        }
        return .bytes(bytes, of: text)
    }

    private func warnOfIgnored(_ returnValue: NewtonsoftValue, _ warnings: inout [AnswerWarning]) {
        if returnValue.isNull || outputs.contains(where: \.isReturn) { return }
        let names = outputs.map(\.name)
        guard let members = returnValue.members else { return warnings.append(.ignoredReturnValue(known: names)) }
        for member in members where !names.contains(member.name) {
            warnings.append(.unknownOutput(member.name, known: names))
        }
    }

    // MARK: Outputs

    /// The response of an http output; nil for null, which counts as no value.
    private func response(
        _ value: Value, _ output: OutputBinding, _ accept: AcceptedTypes, _ warnings: inout [AnswerWarning]
    ) throws(AnswerFailure) -> DraftResponse? {
        if case .plain(.null) = value { return nil }
        guard isHTTP else { throw .noRequest(place: output.place) }
        switch value {
        case .missing:
            warnings.append(.missingResponse(output.name))
            return DraftResponse(.text("{}"))
        case .response(let response): return response
        case .plain(let value):
            var http = HTTPOutput(output, zone: zone, accept: accept)
            defer { warnings += http.warnings }
            return try http.returned(value)
        }
    }

    private func write(
        _ value: NewtonsoftValue, _ output: OutputBinding, _ delivery: inout Delivery,
        _ warnings: inout [AnswerWarning]
    ) throws(AnswerFailure) {
        var binding = MessageOutput(output, zone: zone)
        defer { warnings += binding.warnings }
        do throws(AnswerFailure) {
            let messages = try binding.messages(value)
            if !messages.isEmpty { delivery.outputs.append(WrittenOutput(name: output.name, messages: messages)) }
        } catch {
            // The host finds out when it has already made the blob.
            switch error {
            case .dateToBlob, .integerToBlob:
                delivery.outputs.append(WrittenOutput(name: output.name, messages: [[]]))
            default: break
            }
            throw error
        }
    }
}
