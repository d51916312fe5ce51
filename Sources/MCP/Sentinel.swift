/// The form in which a header carries a text that is not plain ASCII: `=?base64?…?=` (mcp-contract §2).
package enum Sentinel {
    private static let prefix = "=?base64?"
    private static let suffix = "?="

    /// The text that a header's value stands for; nil if it looks like a sentinel but is not valid base64 of UTF-8.
    package static func decode(_ value: String) -> String? {
        guard isSentinel(value) else { return value }
        let text = value.utf8.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)
        return Base64Text.decode(text, .standard).flatMap { String(validating: $0, as: UTF8.self) }
    }

    package static func encode(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
        if isPlain, text.utf8.first != 0x20, text.utf8.last != 0x20, !isSentinel(text) { return text }
        return prefix + Base64Text.encode(Array(text.utf8), .standard) + suffix
    }

    private static func isSentinel(_ value: String) -> Bool {
        value.utf8.count >= prefix.utf8.count + suffix.utf8.count && value.hasPrefix(prefix) && value.hasSuffix(suffix)
    }
}
