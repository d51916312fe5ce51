/// A constraint on the value of a route parameter, by .NET's rules for the invariant culture.
///
/// If a value does not meet the constraint, the route does not match: the router tries the next route, and the caller
/// may get 404, but never 400.
enum RouteConstraint: Sendable, Equatable {
    case int, long, bool, guid, datetime, decimal, double, float, alpha, required, file, nonfile
    /// The length in UTF-16 units, as .NET counts it.
    case length(ClosedRange<Int>)
    case range(ClosedRange<Int64>)
    case regex(RoutePattern)

    init(_ name: String, argument: String?) throws(Reason) {
        guard let kind = Kind(rawValue: name.lowercased()) else { throw .unknown(name) }
        if let plain = kind.plain {
            guard argument == nil else { throw .needless(kind) }
            self = plain
            return
        }
        guard let argument else { throw .missing(kind) }
        if kind == .regex {
            self = .regex(try RoutePattern(argument))
            return
        }
        let refusal = Reason.argument(kind, argument)
        let takesTwo = kind == .length || kind == .range
        var numbers: [Int64] = []
        for text in takesTwo ? argument.split(separator: ",", omittingEmptySubsequences: false) : [argument[...]] {
            guard let number = RouteNumber.integer(text.utf8Span.span) else { throw refusal }
            numbers.append(number)
        }
        switch (kind, numbers.count) {
        case (.min, 1): self = .range(numbers[0]...Int64.max)
        case (.max, 1): self = .range(Int64.min...numbers[0])
        case (.range, 2) where numbers[0] <= numbers[1]: self = .range(numbers[0]...numbers[1])
        case (.minlength, 1), (.maxlength, 1), (.length, 1), (.length, 2):
            let lengths = numbers.compactMap { Int32(exactly: $0) }.filter { $0 >= 0 }.map { Int($0) }
            guard lengths.count == numbers.count, lengths[0] <= lengths[lengths.count - 1] else { throw refusal }
            switch kind {
            case .minlength: self = .length(lengths[0]...Int.max)
            case .maxlength: self = .length(0...lengths[0])
            default: self = .length(lengths[0]...lengths[lengths.count - 1])
            }
        default: throw refusal
        }
    }

    func accepts(_ value: Span<UInt8>) throws(RefusedPattern) -> Bool {
        switch self {
        case .int: RouteNumber.integer(value).map { Int32(exactly: $0) != nil } ?? false
        case .long: RouteNumber.integer(value) != nil
        case .bool: RouteNumber.isBool(value)
        case .guid: RouteGUID.accepts(value)
        case .datetime: DotNetDateTime(tryParse: value) != nil
        case .decimal: RouteNumber.isDecimal(value)
        case .double, .float: RouteNumber.isFloat(value)
        case .alpha: isAlpha(value)
        case .required: !value.isEmpty
        case .file: isFile(value)
        case .nonfile: !isFile(value)
        case .length(let lengths): lengths.contains(utf16Count(value))
        case .range(let numbers): RouteNumber.integer(value).map { numbers.contains($0) } ?? false
        case .regex(let pattern): try pattern.accepts(value)
        }
    }

    /// `^[A-Za-z]*$`, whose `$` allows a line feed behind it.
    private func isAlpha(_ value: Span<UInt8>) -> Bool {
        let end = value.count - (!value.isEmpty && value[value.count - 1] == UInt8(ascii: "\n") ? 1 : 0)
        for index in 0..<end where (value[index] | 0x20) &- 0x61 >= 26 { return false }
        return true
    }

    /// Whether anything but dots follows the first dot of the last segment.
    private func isFile(_ value: Span<UInt8>) -> Bool {
        var hasDot = false
        var isFile = false
        for index in value.indices {
            switch value[index] {
            case RequestPath.slash: (hasDot, isFile) = (false, false)
            case UInt8(ascii: "."): hasDot = true
            default: isFile = hasDot || isFile
            }
        }
        return isFile
    }

    private func utf16Count(_ value: Span<UInt8>) -> Int {
        var count = 0
        for index in value.indices {
            // A character of four bytes in UTF-8 is a surrogate pair in UTF-16.
            count += value[index] & 0xc0 == 0x80 ? 0 : value[index] >= 0xf0 ? 2 : 1
        }
        return count
    }
}

extension RouteConstraint {
    enum Kind: String, CaseIterable {
        case int, long, bool, guid, datetime, decimal, double, float, alpha, required, file, nonfile
        case length, minlength, maxlength, min, max, range, regex

        /// The constraint, if it takes no argument.
        var plain: RouteConstraint? {
            switch self {
            case .int: .int
            case .long: .long
            case .bool: .bool
            case .guid: .guid
            case .datetime: .datetime
            case .decimal: .decimal
            case .double: .double
            case .float: .float
            case .alpha: .alpha
            case .required: .required
            case .file: .file
            case .nonfile: .nonfile
            case .length, .minlength, .maxlength, .min, .max, .range, .regex: nil
            }
        }

        /// An example of how to write it.
        var form: String {
            switch self {
            case .length: "length(5) or length(2,10)"
            case .minlength, .maxlength, .min, .max: "\(rawValue)(5)"
            case .range: "range(1,10)"
            case .regex: "regex(^[a-z]+$)"
            default: rawValue
            }
        }
    }

    /// The reason why a constraint is refused.
    enum Reason: Error, Equatable {
        case unknown(String)
        case unclosed(String)
        case needless(Kind)
        case missing(Kind)
        case argument(Kind, String)
        case pattern(String, reason: String)
    }
}

extension RouteConstraint.Reason: CustomStringConvertible {
    var description: String {
        switch self {
        case .unknown(let name):
            "'\(name)' is not a constraint" + Self.suggestion(name) + "; there are \(Self.names.listed())"
        case .unclosed(let name):
            "the '(' of '\(name)' is never closed; write ')' after its argument"
                + (name.lowercased() == "regex" ? ", and double the braces inside it" : "")
        case .needless(let kind): "'\(kind.rawValue)' takes no argument; write '\(kind.form)'"
        case .missing(let kind): "'\(kind.rawValue)' needs an argument; write \(kind.form)"
        case .argument(let kind, let text):
            "'\(text)' is not an argument of '\(kind.rawValue)'; write \(kind.form)" + Self.rule(kind)
        case .pattern(let pattern, let reason):
            "luafunc cannot match the pattern '\(pattern)' as .NET does: \(reason)"
        }
    }

    private static let names = RouteConstraint.Kind.allCases.map(\.rawValue)

    private static func suggestion(_ name: String) -> String {
        NearestName.question(name, among: names)
    }

    private static func rule(_ kind: RouteConstraint.Kind) -> String {
        switch kind {
        case .range: ", the smaller number first"
        case .length: ", not below 0, the smaller number first"
        case .minlength, .maxlength: ", not below 0"
        default: ""
        }
    }
}
