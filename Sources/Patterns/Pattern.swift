internal import CPCRE2

/// A regular expression that gives up after too many steps. It may match anywhere in a text, unless it uses `^` and `$`.
///
/// `@unchecked Sendable`: PCRE2 never changes a compiled pattern, and each match has its own data. Any number of
/// threads can match the same pattern at the same time.
public final class Pattern: @unchecked Sendable {
    public enum Match: Sendable {
        case found, none
        /// The search gave up, so there may or may not be a match.
        case tooHard
    }

    private enum Dialect {
        case dotNet, ecmaScript

        /// For .NET, `\d`, `\w` and `\s` match Unicode, case is ignored, and several groups may have the same name.
        var options: UInt32 {
            let common = PCRE2_UTF | PCRE2_ALT_BSUX | PCRE2_NEVER_BACKSLASH_C
            return switch self {
            case .dotNet: common | PCRE2_UCP | PCRE2_CASELESS | PCRE2_DUPNAMES
            case .ecmaScript:
                common | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALLOW_EMPTY_CLASS
            }
        }
    }

    public let text: String
    private let code: OpaquePointer

    /// Compiles the text with the rules of .NET for a pattern that ignores case, as far as PCRE2 supports them.
    public convenience init(_ text: String) throws(PatternError) {
        try self.init(text, as: .dotNet, text)
    }

    /// Compiles the text with the rules of ECMAScript, as far as PCRE2 supports them: case counts, and `\d` and `\w` match
    /// ASCII.
    public convenience init(ecmaScript text: String) throws(PatternError) {
        do throws(PatternError) {
            try self.init(text, as: .ecmaScript, ECMAPattern.translated(text))
        } catch {
            // PCRE2 counts the characters of the translated text.
            throw PatternError(
                reason: error.reason, position: min(error.position, max(1, text.unicodeScalars.count)),
                isMissingGroup: error.isMissingGroup)
        }
    }

    private init(_ text: String, as dialect: Dialect, _ pattern: String) throws(PatternError) {
        self.text = text
        let plain = try Self.compile(pattern, dialect)
        // PCRE2 counts the steps anew at each position where a match may begin. So a pattern that may match anywhere is
        // turned into one that matches only from the start, and that skips the text before the match itself.
        if Self.beginsAtStart(plain) {
            code = plain
        } else {
            pcre2_code_free_8(plain)
            code = try Self.compile(pattern, dialect, after: "(?s:.*?)(?:", before: ")", PCRE2_ANCHORED)
        }
    }

    deinit { pcre2_code_free_8(code) }

    private static func compile(
        _ text: String, _ dialect: Dialect, after prefix: String = "", before suffix: String = "", _ options: UInt32 = 0
    ) throws(PatternError) -> OpaquePointer {
        var number: Int32 = 0
        var offset = 0
        let whole = Array((prefix + text + suffix).utf8)
        let context = pcre2_compile_context_create_8(nil)
        defer { pcre2_compile_context_free_8(context) }
        // `\u{1f600}` is a character.
        if dialect == .ecmaScript { pcre2_set_compile_extra_options_8(context, UInt32(PCRE2_EXTRA_ALT_BSUX)) }
        // PCRE2 keeps no pointer to the text.
        if let code = pcre2_compile_8(whole, whole.count, options | dialect.options, &number, &offset, context) {
            return code
        }
        let read = String(decoding: text.utf8.prefix(max(0, offset - prefix.utf8.count)), as: UTF8.self)
        let position = min(read.unicodeScalars.count + 1, max(1, text.unicodeScalars.count))
        throw PatternError(
            reason: message(number), position: position,
            isMissingGroup: number == PCRE2_ERROR_BAD_SUBPATTERN_REFERENCE)
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

    /// Searches the text. A text that is not UTF-8 does not match.
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
            // PCRE2 refuses a text without an address, so an empty text gets the address of a local variable. PCRE2
            // reads the text before it returns.
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

    /// The limit of steps for a text of this length. A step is one position to backtrack to, and a single step may scan
    /// the rest of the text (`[^x]*+y`). So a longer text gets fewer steps, which bounds the time of a match to between
    /// 1 and 5 ms. The steps suffice for a pattern that scans a text of up to about 400 bytes once, and for a pattern
    /// without groups up to more than a thousand bytes.
    static func steps(for count: Int) -> UInt32 { UInt32(min(20_000, 1_000_000 / max(1, count))) }

    /// The memory limit for positions to backtrack to, in kilobytes.
    private static let kilobytes: UInt32 = 1024
}

/// Why a text is not a valid pattern.
public struct PatternError: Error, Equatable {
    /// PCRE2's description.
    public let reason: String
    /// The number of the character, from 1, at which PCRE2 stopped reading, or of the last character if it read all.
    public let position: Int
    /// Whether the pattern refers to a group that it does not have.
    public var isMissingGroup = false
}
