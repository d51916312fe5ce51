internal import CPCRE2

/// A regular expression that may match anywhere in a text unless it says `^` and `$`, ignores case, and gives up after
/// too many steps.
///
/// `@unchecked Sendable`: PCRE2 never changes a compiled pattern, and the data of a match is made for that match. Any
/// number of threads can match the same pattern without waiting.
public final class Pattern: @unchecked Sendable {
    public enum Match: Sendable {
        case found, none
        /// The search gave up, so there may or may not be a match.
        case tooHard
    }

    public let text: String
    private let code: OpaquePointer

    public init(_ text: String) throws(PatternError) {
        self.text = text
        let plain = try Self.compile(text)
        // PCRE2 counts the steps anew at each place where a match may begin. A pattern that may begin anywhere is
        // therefore turned into one that begins at the start and skips the text before the match.
        if Self.beginsAtStart(plain) {
            code = plain
        } else {
            pcre2_code_free_8(plain)
            code = try Self.compile(text, after: "(?s:.*?)(?:", before: ")", PCRE2_ANCHORED)
        }
    }

    deinit { pcre2_code_free_8(code) }

    /// Compiles the text as .NET does, as far as PCRE2 can: Unicode in `\d`, `\w` and `\s`, `\u0041`, groups of the
    /// same name.
    private static func compile(
        _ text: String, after prefix: String = "", before suffix: String = "", _ options: UInt32 = 0
    ) throws(PatternError) -> OpaquePointer {
        var number: Int32 = 0
        var offset = 0
        let whole = Array((prefix + text + suffix).utf8)
        let options =
            options | PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_ALT_BSUX | PCRE2_DUPNAMES
            | PCRE2_NEVER_BACKSLASH_C
        // PCRE2 keeps no pointer to the text.
        if let code = pcre2_compile_8(whole, whole.count, options, &number, &offset, nil) { return code }
        let read = String(decoding: text.utf8.prefix(max(0, offset - prefix.utf8.count)), as: UTF8.self)
        let position = min(read.unicodeScalars.count + 1, max(1, text.unicodeScalars.count))
        throw PatternError(reason: message(number), position: position)
    }

    private static func beginsAtStart(_ code: OpaquePointer) -> Bool {
        var options: UInt32 = 0
        pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_ALLOPTIONS), &options)
        return options & PCRE2_ANCHORED != 0
    }

    private static func message(_ number: Int32) -> String {
        let bytes = [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
            count = max(0, Int(pcre2_get_error_message_8(number, buffer.baseAddress, buffer.count)))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A text that is not UTF-8 does not match.
    public func match(_ text: Span<UInt8>) -> Match {
        guard let context = pcre2_match_context_create_8(nil), let data = pcre2_match_data_create_8(1, nil) else {
            preconditionFailure("no memory for PCRE2")
        }
        defer {
            pcre2_match_data_free_8(data)
            pcre2_match_context_free_8(context)
        }
        pcre2_set_match_limit_8(context, Self.steps(for: text.count))
        pcre2_set_heap_limit_8(context, Self.kilobytes)
        let result = text.withUnsafeBufferPointer { text in
            // Without an address PCRE2 would refuse an empty text. It reads the text before it returns.
            var nothing: UInt8 = 0
            guard let address = text.baseAddress else { return pcre2_match_8(code, &nothing, 0, 0, 0, data, context) }
            return pcre2_match_8(code, address, text.count, 0, 0, data, context)
        }
        switch result {
        case 0...: return .found
        case PCRE2_ERROR_MATCHLIMIT, PCRE2_ERROR_HEAPLIMIT, PCRE2_ERROR_DEPTHLIMIT: return .tooHard
        default: return .none
        }
    }

    /// A step is one place to which a match may go back, and it may look through the rest of the text (`[^x]*+y`). So a
    /// longer text has fewer of them: that bounds the time, 1 to 5 ms, and a pattern that goes through the text once
    /// still has what it needs up to some 400 bytes, one without groups up to a thousand and more.
    static func steps(for count: Int) -> UInt32 { UInt32(min(20_000, 1_000_000 / max(1, count))) }

    /// The memory for the places to backtrack to.
    private static let kilobytes: UInt32 = 1024
}

/// Why a text is no pattern.
public struct PatternError: Error, Equatable {
    /// In PCRE2's words.
    public let reason: String
    /// The number of the character, from 1, at which PCRE2 stopped reading; the last one where it read all.
    public let position: Int
}
