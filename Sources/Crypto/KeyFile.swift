internal import COpenSSL

/// Reads the first key or certificate in a PEM text.
///
/// It takes only the base64 from OpenSSL. OpenSSL's readers of keys would ask for passwords on the terminal, and accept
/// curves and key sizes with which an attacker could block the thread.
enum KeyFile {
    /// In bytes. A chain of four certificates has about 8 KB. OpenSSL needs 4 ms for the worst text of this length.
    static let sizeLimit = 32 << 10

    static func read(_ text: RawSpan) throws(KeyError) -> KeyNumbers {
        guard text.byteCount <= sizeLimit else { throw .tooLong }
        guard text.byteCount > 0 else { throw .notPEM }
        precondition(copenssl_start() == 1, "OpenSSL cannot be started")
        ERR_clear_error()
        defer { ERR_clear_error() }
        return try text.withUnsafeBytes { text throws(KeyError) in
            // The BIO reads from the text, which stays in place until the end of the closure.
            let bio = BIO_new_mem_buf(text.baseAddress, Int32(text.count))
            defer { BIO_free(bio) }
            while true {
                guard let block = try block(from: bio) else {
                    throw hasEscapedLineBreaks(text) ? .escapedLineBreaks : .notPEM
                }
                if block.isEncrypted { throw .encrypted }
                // 'openssl ecparam -genkey' writes the name of the curve in front of the key.
                if block.label != "EC PARAMETERS" { return try numbers(block.label, block.content[...]) }
            }
        }
    }

    private struct Block {
        let label: String
        let isEncrypted: Bool
        let content: [UInt8]
    }

    /// The next block; nil if there is none.
    private static func block(from bio: OpaquePointer?) throws(KeyError) -> Block? {
        var label: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var content: UnsafeMutablePointer<UInt8>?
        var count = 0
        // OpenSSL allocates all three if it succeeds, and none otherwise. It does not decrypt.
        guard PEM_read_bio(bio, &label, &header, &content, &count) == 1, let label, let header, let content else {
            return nil
        }
        defer {
            CRYPTO_free(label, nil, 0)
            CRYPTO_free(header, nil, 0)
            CRYPTO_clear_free(content, count, nil, 0)
        }
        let name = String(cString: label)
        return Block(
            label: name, isEncrypted: name == "ENCRYPTED PRIVATE KEY" || String(cString: header).contains("ENCRYPTED"),
            content: Array(UnsafeBufferPointer(start: content, count: count)))
    }

    private static func hasEscapedLineBreaks(_ text: UnsafeRawBufferPointer) -> Bool {
        let text = String(decoding: text, as: UTF8.self)
        return text.contains("-----BEGIN ") && text.contains("-----\\n")
    }

    private static func numbers(_ label: String, _ content: ArraySlice<UInt8>) throws(KeyError) -> KeyNumbers {
        var file = DER(content)
        var body = try file.sequence()
        try file.expectEnd()
        switch label {
        case "PUBLIC KEY": return try publicKey(&body)
        case "PRIVATE KEY": return try privateKey(&body)
        case "RSA PUBLIC KEY": return .rsa(RSANumbers(n: try body.number(), e: try body.number()))
        case "RSA PRIVATE KEY": return try rsaPrivateKey(&body)
        case "EC PRIVATE KEY": return try ecPrivateKey(&body, curve: nil)
        case "CERTIFICATE", "X509 CERTIFICATE": return try certificate(&body)
        default: throw .label(String(label.prefix(40)))
        }
    }

    // MARK: Forms

    private enum Algorithm {
        case rsa
        case ec(Curve)
    }

    /// AlgorithmIdentifier (RFC 5280 §4.1.1.2).
    private static func algorithm(_ body: inout DER) throws(KeyError) -> Algorithm {
        var algorithm = try body.sequence()
        let id = Array(try algorithm.content(.objectID))
        if id == [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01] { return .rsa }
        guard id == [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] else { throw .algorithm }
        return .ec(try curve(&algorithm))
    }

    private static func curve(_ body: inout DER) throws(KeyError) -> Curve {
        if body.isNext(.sequence) { throw .explicitCurve }
        let id = Array(try body.content(.objectID))
        guard let curve = Curve.allCases.first(where: { $0.objectID == id }) else { throw .curve }
        return curve
    }

    /// SubjectPublicKeyInfo (RFC 5280 §4.1).
    private static func publicKey(_ body: inout DER) throws(KeyError) -> KeyNumbers {
        let algorithm = try algorithm(&body)
        let bits = try body.bits()
        switch algorithm {
        case .ec(let curve): return .ec(curve, point: Array(bits), secret: nil)
        case .rsa:
            var key = try onlySequence(bits)
            return .rsa(RSANumbers(n: try key.number(), e: try key.number()))
        }
    }

    private static func onlySequence(_ bytes: ArraySlice<UInt8>) throws(KeyError) -> DER {
        var outer = DER(bytes)
        let sequence = try outer.sequence()
        try outer.expectEnd()
        return sequence
    }

    /// PrivateKeyInfo (PKCS#8, RFC 5958).
    private static func privateKey(_ body: inout DER) throws(KeyError) -> KeyNumbers {
        _ = try body.number()
        let algorithm = try algorithm(&body)
        var key = try onlySequence(try body.content(.bytes))
        switch algorithm {
        case .rsa: return try rsaPrivateKey(&key)
        case .ec(let curve): return try ecPrivateKey(&key, curve: curve)
        }
    }

    /// RSAPrivateKey (PKCS#1, RFC 8017 §A.1.2).
    private static func rsaPrivateKey(_ body: inout DER) throws(KeyError) -> KeyNumbers {
        guard try body.number().isEmpty else { throw .severalPrimes }
        let (n, e) = (try body.number(), try body.number())
        return .rsa(
            RSANumbers(
                n: n, e: e,
                secret: .init(
                    d: try body.number(), p: try body.number(), q: try body.number(), dp: try body.number(),
                    dq: try body.number(), qi: try body.number())))
    }

    /// ECPrivateKey (SEC 1, RFC 5915). In PKCS#8 the curve is named outside.
    private static func ecPrivateKey(_ body: inout DER, curve outer: Curve?) throws(KeyError) -> KeyNumbers {
        guard try body.number() == [1] else { throw .broken }
        let secret = Array(try body.content(.bytes))
        var curve = outer
        if body.isNext(.context0) {
            var parameters = DER(try body.content(.context0))
            let inner = try Self.curve(&parameters)
            guard outer == nil || outer == inner else { throw .inconsistent }
            curve = inner
        }
        guard let curve else { throw .curve }
        var point: [UInt8]?
        if body.isNext(.context1) {
            var bits = DER(try body.content(.context1))
            point = Array(try bits.bits())
        }
        return .ec(curve, point: point, secret: secret)
    }

    /// The public key of a certificate (RFC 5280 §4.1). Nothing else in it is looked at.
    private static func certificate(_ body: inout DER) throws(KeyError) -> KeyNumbers {
        var content = try body.sequence()
        if content.isNext(.context0) { try content.next() }
        // The serial number, the signature's algorithm, the issuer, the validity and the subject come first.
        for _ in 0..<5 { try content.next() }
        var key = try content.sequence()
        return try publicKey(&key)
    }
}
