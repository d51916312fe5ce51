import Synchronization

/// A regular expression of a route: looks anywhere in the value unless it says `^` and `$`, and ignores case.
///
/// `Regex` is not Sendable, so it lives behind a lock, and is compiled once for all threads. The lock is held while it
/// matches: threads wait for each other only where they match the same constraint at the same moment. Nothing bounds
/// the time of a match (.NET gives up after ten seconds), so a pattern such as `^(a+)+$` is the app's own risk.
final class RoutePattern: Sendable {
    let text: String
    private let regex: Mutex<Regex<AnyRegexOutput>>

    init(_ text: String) throws(RouteConstraint.Refusal) {
        self.text = text
        do {
            // By scalars, because .NET does not see grapheme clusters either.
            regex = Mutex(try Regex(text).ignoresCase().matchingSemantics(.unicodeScalar))
        } catch {
            throw .pattern(text, reason: "\(error)")
        }
    }

    func accepts(_ value: Span<UInt8>) -> Bool {
        let value = value.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        return regex.withLock { regex in
            // What a pattern's own code throws; a pattern made of text has none.
            (try? regex.firstMatch(in: value)) != nil
        }
    }
}

extension RoutePattern: Equatable {
    static func == (first: RoutePattern, second: RoutePattern) -> Bool { first.text == second.text }
}
