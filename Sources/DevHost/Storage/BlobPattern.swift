import FunctionsModel

/// The path of a blob trigger, `uploads/{name}.{ext}`: matches blobs and finds the values of its parameters.
///
/// As in the host (ParameterizedBlobPathSource, BindingTemplateSource) each parameter is a greedy `.*` between
/// literals, anchored at both ends: slashes are not special, a parameter may be empty but has no line feed, the first
/// one takes as much as it can, and case matters. A path of only a container matches every blob in it
/// (golden/dotnet/blobpatterns).
struct BlobPattern: Sendable {
    let container: String
    private let meansAll: Bool
    /// The text before the first parameter.
    private let beginning: [UInt8]
    private let parameters: [Parameter]

    private struct Parameter {
        let name: String
        /// The text after it; empty if another parameter follows.
        var literal: [UInt8] = []
    }

    init(_ text: String, binding: String) throws(BindingTemplateError) {
        let template = try BindingTemplate(text, property: "path", binding: binding)
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let container = parts.first, !container.isEmpty, parts.last != "" else {
            throw BindingTemplateError(template.place, .notAContainerPath)
        }
        guard !container.contains("{") && !container.contains("}") else {
            throw BindingTemplateError(template.place, .expressionInContainer)
        }
        var beginning: [UInt8] = []
        var parameters: [Parameter] = []
        for token in template.tokens {
            switch token {
            case .expression(let name, _):
                guard !name.contains(".") && !name.contains("-") else {
                    throw BindingTemplateError(template.place, .notAParameter(name))
                }
                parameters.append(Parameter(name: name))
            case .literal(let literal):
                guard let last = parameters.indices.last else {
                    beginning += literal.utf8
                    continue
                }
                parameters[last].literal += literal.utf8
            }
        }
        self.container = String(container)
        meansAll = parts.count == 1
        self.beginning = beginning
        self.parameters = parameters
        do throws(StorageError) {
            // The host checks only a path without parameters.
            if meansAll {
                try BlobPath.check(container: self.container)
            } else if parameters.isEmpty {
                _ = try BlobPath(String(decoding: beginning, as: UTF8.self))
            }
        } catch {
            throw BindingTemplateError(template.place, .refused(error))
        }
    }

    /// The path of a blob that matches: each parameter has the value `sample`, and `name` is a file's name.
    var example: String {
        if meansAll { return "\(container)/sample.txt" }
        var path = String(decoding: beginning, as: UTF8.self)
        for parameter in parameters {
            // An ending of its own follows a name such as `{name}.csv`.
            let isWhole = parameter.name.lowercased() == "name" && parameter.literal.isEmpty
            path += (isWhole ? "sample.txt" : "sample") + String(decoding: parameter.literal, as: UTF8.self)
        }
        return path
    }

    /// The parameters in their order, or nil for a blob that does not match. If two parameters share a name, in any
    /// case, the last one counts, at the first one's place.
    func match(_ path: BlobPath) -> CaselessDictionary<String>? {
        guard path.container == container else { return nil }
        guard !meansAll else { return [:] }
        let bytes = Array(path.description.utf8)
        if let found = match(bytes[...]) { return found }
        // A regular expression's end is also before a line feed at the end.
        return bytes.last == Self.lineFeed && !parameters.isEmpty ? match(bytes.dropLast()) : nil
    }

    /// Matches from the end, with each literal as far right as possible: that makes the parameter before it as long as
    /// a greedy one, and nothing is tried twice.
    private func match(_ bytes: ArraySlice<UInt8>) -> CaselessDictionary<String>? {
        guard bytes.starts(with: beginning) else { return nil }
        var rest = bytes.dropFirst(beginning.count)
        guard let last = parameters.last else { return rest.isEmpty ? [:] : nil }
        guard rest.count >= last.literal.count, rest.suffix(last.literal.count).elementsEqual(last.literal) else {
            return nil
        }
        rest = rest.dropLast(last.literal.count)
        var values: [String] = []
        for index in parameters.indices.reversed() {
            var value = rest
            if index > 0 {
                guard let place = Self.lastPlace(of: parameters[index - 1].literal, in: rest) else { return nil }
                value = rest[place.upperBound...]
                rest = rest[..<place.lowerBound]
            }
            guard !value.contains(Self.lineFeed) else { return nil }
            values.append(String(decoding: value, as: UTF8.self))
        }
        var found: CaselessDictionary<String> = [:]
        for (parameter, value) in zip(parameters, values.reversed()) { found.set(parameter.name, value) }
        return found
    }

    private static let lineFeed = UInt8(ascii: "\n")

    private static func lastPlace(of literal: [UInt8], in bytes: ArraySlice<UInt8>) -> Range<Int>? {
        guard bytes.count >= literal.count else { return nil }
        return (bytes.startIndex...bytes.endIndex - literal.count).reversed()
            .first { bytes[$0..<$0 + literal.count].elementsEqual(literal) }
            .map { $0..<$0 + literal.count }
    }
}
