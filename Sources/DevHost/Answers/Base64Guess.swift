/// The host's guess that a text is base64 (host-contract §9.3 a).
enum Base64Guess {
    /// Whether a text decodes as base64 only by accident: it consists only of words or digits, and its bytes are not
    /// text.
    static func isAccident(_ text: String, decodedAs bytes: [UInt8]) -> Bool {
        if text.contains(" ") { return true }
        guard text.utf8.count <= 32, text.utf8.allSatisfy(isLetterOrDigit) else { return false }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { return true }
        return decoded.unicodeScalars.contains { $0 < " " && !"\t\n\r".unicodeScalars.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
    }
}
