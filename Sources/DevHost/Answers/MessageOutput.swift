import FunctionsModel
import JSON

/// Makes the data that arrives through an output other than HTTP: a blob's content, or messages and rows (host-contract
/// §9.4).
struct MessageOutput {
    let binding: OutputBinding
    let zone: HostZone
    private(set) var warnings: [AnswerWarning] = []

    init(_ binding: OutputBinding, zone: HostZone) {
        self.binding = binding
        self.zone = zone
    }

    private var place: String { binding.place }

    /// Returns none for null.
    mutating func messages(_ value: NewtonsoftValue) throws(AnswerFailure) -> [[UInt8]] {
        if value.isNull { return [] }
        warnOfBase64(value)
        switch binding.kind {
        case .blob: return [try content(value)]
        case .documents:
            let documents = try elements(of: value)
            warnOfDates(inside: documents)
            return try documents.map { element throws(AnswerFailure) in try document(element) }
        case .messages, .textMessages, .items, .http:
            let elements = try elements(of: value)
            warn(of: elements, areSeveral: value.elements != nil)
            return elements.map(message)
        }
    }

    private mutating func warnOfBase64(_ value: NewtonsoftValue) {
        switch (binding.kind, value) {
        case (.textMessages, .bytes(_, let text)), (.items, .bytes(_, let text)):
            warnings.append(.byteArray(place: place, text, advice: binding.advice))
        case (.blob, .bytes(let bytes, let text)), (.messages, .bytes(let bytes, let text)):
            if Base64Guess.isAccident(text, decodedAs: bytes) {
                warnings.append(.base64(place: place, text, count: bytes.count, advice: binding.advice))
            }
        case (.blob, .string(let text)), (.messages, .string(let text)):
            guard binding.isBinary, let bytes = Base64.decode(text), !bytes.isEmpty else { break }
            if !Base64Guess.isAccident(text, decodedAs: bytes) {
                warnings.append(.base64IsOff(place: place, count: bytes.count))
            }
        default: break
        }
    }

    // MARK: Blobs

    private mutating func content(_ value: NewtonsoftValue) throws(AnswerFailure) -> [UInt8] {
        switch value {
        case .bytes(let bytes, _): return bytes
        case .string(let text): return Array(text.utf8)
        case .date(_, let text): throw .dateToBlob(place: place, text, advice: binding.advice)
        case .bigInteger(let digits): throw .integerToBlob(place: place, digits)
        case .array, .object, .null, .undefined, .constructor, .comment:
            warnOfDates(inside: [value])
            return Array(value.json().utf8)
        case .boolean(let truth): return raw(value, [truth ? 1 : 0])
        case .integer(let number): return raw(value, UInt32(truncatingIfNeeded: number).littleEndianBytes)
        case .double(let number): return raw(value, number.bitPattern.littleEndianBytes)
        }
    }

    private mutating func raw(_ value: NewtonsoftValue, _ bytes: [UInt8]) -> [UInt8] {
        warnings.append(.rawBytes(place: place, value.json(), count: bytes.count))
        return bytes
    }

    // MARK: Collections

    /// Splits an array, and a text that holds one, into several messages.
    private mutating func elements(of value: NewtonsoftValue) throws(AnswerFailure) -> [NewtonsoftValue] {
        guard case .string(let text) = value, text.hasJSONBrackets else { return value.elements ?? [value] }
        let read: NewtonsoftValue
        do throws(JSONError) {
            read = try NewtonsoftValue(json: text, as: .parser, zone: zone)
        } catch {
            throw .jsonText(place: place, error, advice: binding.advice)
        }
        if binding.kind != .documents {
            if let elements = read.elements {
                warnings.append(.splitText(place: place, count: elements.count, advice: binding.advice))
            } else if read.text != text {
                warnings.append(.rewrittenText(place: place, advice: binding.advice))
            }
        }
        return read.elements ?? [read]
    }

    private func document(_ element: NewtonsoftValue) throws(AnswerFailure) -> [UInt8] {
        guard element.members != nil else {
            throw .notADocument(place: place, type: binding.writtenType, kind: element.kind)
        }
        return Array(element.json().utf8)
    }

    private func message(_ element: NewtonsoftValue) -> [UInt8] {
        if case .bytes(let bytes, _) = element, binding.kind == .messages { return bytes }
        return Array(element.text.utf8)
    }

    /// Warns only about the first change of each kind, because there may be many elements.
    private mutating func warn(of elements: [NewtonsoftValue], areSeveral: Bool) {
        if let truth = elements.lazy.compactMap(\.boolean).first {
            warnings.append(.boolean(place: place, truth, advice: "send [\"\(truth)\"]"))
        }
        if let date = elements.lazy.compactMap(\.date).first {
            let advice = areSeveral ? "add a character to it" : binding.dateAdvice
            warnings.append(.date(place: place, date.text, becomes: date.becomes, advice: advice))
        }
        warnOfDates(inside: elements)
    }

    private mutating func warnOfDates(inside elements: [NewtonsoftValue]) {
        guard let date = elements.lazy.compactMap(\.rewrittenDate).first else { return }
        warnings.append(.dateInside(place: place, date.text, becomes: date.becomes))
    }
}

extension FixedWidthInteger {
    var littleEndianBytes: [UInt8] {
        (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
    }
}
