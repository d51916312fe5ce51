/// The reason why a text or a set of numbers is not a key that can be used. Its description never shows a part of the key.
public enum KeyError: Error, Equatable, CustomStringConvertible {
    case notPEM
    /// The text has the two characters `\n` where line breaks belong.
    case escapedLineBreaks
    case tooLong
    case encrypted
    /// A PEM text that is something else, by its label.
    case label(String)
    case broken
    case algorithm
    case curve
    /// The curve is described by its numbers instead of its name.
    case explicitCurve
    case rsaSize(Int)
    case exponent
    case severalPrimes
    case inconsistent
    case point
    /// A member of a JWK is missing or wrong.
    case member(String, String)
    /// OpenSSL could not sign.
    case failed

    public var description: String {
        switch self {
        case .notPEM:
            "the key is not PEM, which begins with a line such as -----BEGIN PUBLIC KEY----- or "
                + "-----BEGIN PRIVATE KEY-----; pass the text of the key, not the name of its file"
        case .escapedLineBreaks:
            "the PEM text has the two characters \\n where it needs line breaks; replace them: text:gsub(\"\\\\n\", \"\\n\")"
        case .tooLong: "the PEM text of a key may have at most \(KeyFile.sizeLimit >> 10) KB"
        case .encrypted:
            "the private key is encrypted; decrypt it with 'openssl pkey', and keep the result where secrets are kept"
        case .label(let label): "a PEM text with the label '\(label)' is not a key or a certificate"
        case .broken: "the key is damaged: its bytes are not those of the kind that its label names"
        case .algorithm: "the key is neither RSA nor EC"
        case .curve: "the curve of the key is not P-256 or P-384"
        case .explicitCurve:
            "the curve of the key is given by its parameters; only the named curves P-256 and P-384 work"
        case .rsaSize(let bits): "the RSA key has \(bits) bits; it must have 2048 to 4096"
        case .exponent: "the public exponent of the RSA key must be odd, at least 3 and less than 2^32"
        case .severalPrimes: "the RSA key has more than two primes"
        case .inconsistent: "the parts of the private key do not belong together"
        case .point: "the point of the public key is not on its curve"
        case .member(let name, let reason): "the member '\(name)' of the JWK \(reason)"
        case .failed: "OpenSSL cannot sign with this key"
        }
    }
}
