/// A time span as .NET's `TimeSpan.Parse` reads it: `hh:mm`, `hh:mm:ss` or `d.hh:mm:ss`, each with an optional fraction
/// of a second, or `d`.
public struct TimeSpan: Sendable, Equatable {
    public let seconds: Double
    /// A warning if the text means another time span than it seems to mean.
    public let warning: String?

    public var duration: Duration { .seconds(seconds) }

    /// Returns nil for a text that .NET refuses.
    public init?(_ text: Substring) {
        let isNegative = text.first == "-"
        let body = isNegative ? text.dropFirst() : text
        let parts = body.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "." }
        guard parts.allSatisfy({ Self.isDigits($0) }), let first = Int(parts[0]) else { return nil }
        var numbers = parts.map { Int($0) ?? .max }
        var separators = String(body.filter { $0 == ":" || $0 == "." })
        // If the hours are too large, .NET reads the first number as days.
        let isDays = separators == "::" && first > 23
        var fraction = 0.0
        if separators.hasSuffix("::."), let digits = parts.last, digits.count <= 7 {
            fraction = Double("0.\(digits)") ?? 0
            numbers.removeLast()
            separators.removeLast()
        }
        switch separators {
        case "": numbers += [0, 0, 0]
        case ":": numbers = [0] + numbers + [0]
        case "::" where isDays, ".:": numbers += [0]
        case "::": numbers = [0] + numbers
        case ".::", ":::": break
        default: return nil
        }
        guard numbers[0] <= 10_675_199, numbers[1] <= 23, numbers[2] <= 59, numbers[3] <= 59 else { return nil }
        let whole = ((numbers[0] * 24 + numbers[1]) * 60 + numbers[2]) * 60 + numbers[3]
        seconds = (Double(whole) + fraction) * (isNegative ? -1 : 1)
        warning =
            if isDays {
                "'\(text)' means \(first) days, not \(first) hours, because hours end at 23; for \(first) hours write "
                    + "'\(first / 24).\(Self.twoDigits(first % 24)):\(parts[1]):\(parts[2])'"
            } else if separators.isEmpty {
                "'\(text)' means \(first) days; if that is what you want, write '\(first).00:00:00'"
            } else { nil }
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
