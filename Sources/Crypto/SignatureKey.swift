internal import COpenSSL

/// An RSA or EC key that makes or checks signatures.
///
/// The sizes of its numbers are limited, and they belong together. So no key makes a signature take more than a few
/// milliseconds: with OpenSSL 3.0 on a machine of 2024, 4096 bits take 6 ms to sign.
public final class SignatureKey {
    public enum Kind: Hashable, Sendable {
        case rsa
        case ec(Curve)
    }

    public let kind: Kind
    public let isPrivate: Bool
    /// The length of a signature in the form `.jose`.
    let signatureLength: Int
    let pointer: OpaquePointer

    public static let rsaBits = 2048...4096
    /// The longest PEM text, in bytes.
    public static let pemLimit = KeyFile.sizeLimit

    /// Reads the first key in a PEM text: PKCS#1, PKCS#8, SEC 1, SubjectPublicKeyInfo, or the public key of a
    /// certificate, about which nothing is checked.
    public convenience init(pem: RawSpan) throws(KeyError) {
        switch try KeyFile.read(pem) {
        case .rsa(let numbers): try self.init(rsa: numbers)
        case .ec(let curve, let point, let secret): try self.init(curve, point: point, secret: secret)
        }
    }

    deinit { EVP_PKEY_free(pointer) }

    // MARK: RSA

    public init(rsa numbers: RSANumbers) throws(KeyError) {
        precondition(copenssl_start() == 1, "OpenSSL cannot be started")
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard numbers.n.count <= KeyFile.sizeLimit else { throw .rsaSize(8 * numbers.n.count) }
        let n = BigNumber(numbers.n)
        guard Self.rsaBits ~= n.bitCount else { throw .rsaSize(n.bitCount) }
        guard numbers.e.count <= 8 else { throw .exponent }
        let e = BigNumber(numbers.e)
        guard e.isOdd, 2...32 ~= e.bitCount else { throw .exponent }
        guard n.isOdd else { throw .broken }
        kind = .rsa
        isPrivate = numbers.secret != nil
        signatureLength = (n.bitCount + 7) / 8
        guard let secret = numbers.secret else {
            guard let key = copenssl_make_rsa_key(n.pointer, e.pointer, nil, nil, nil, nil, nil, nil) else {
                throw .broken
            }
            pointer = key
            return
        }
        let parts = [secret.d, secret.p, secret.q, secret.dp, secret.dq, secret.qi]
        guard parts.allSatisfy({ $0.count <= numbers.n.count }) else { throw .inconsistent }
        let (d, p, q) = (BigNumber(secret.d), BigNumber(secret.p), BigNumber(secret.q))
        let (dp, dq, qi) = (BigNumber(secret.dp), BigNumber(secret.dq), BigNumber(secret.qi))
        // OpenSSL checks each signature. If the numbers did not belong together, it would compute it again without the
        // primes, which takes four times as long.
        let half = n.bitCount / 2
        guard p.isOdd, q.isOdd, half - 64...half + 64 ~= p.bitCount, half - 64...half + 64 ~= q.bitCount, d < n,
            dp < p, dq < q, qi < p, n.isProduct(p, q),
            d.isInverse(of: e, modulo: p, less: true), d.isInverse(of: e, modulo: q, less: true),
            dp.isInverse(of: e, modulo: p, less: true), dq.isInverse(of: e, modulo: q, less: true),
            qi.isInverse(of: q, modulo: p, less: false)
        else { throw .inconsistent }
        let key = copenssl_make_rsa_key(
            n.pointer, e.pointer, d.pointer, p.pointer, q.pointer, dp.pointer, dq.pointer, qi.pointer)
        guard let key else { throw .inconsistent }
        pointer = key
    }

    // MARK: EC

    /// - Parameter point: the public key, compressed or not (SEC 1 §2.3.3). A private key does not need it.
    public init(_ curve: Curve, point: [UInt8]?, secret: [UInt8]?) throws(KeyError) {
        precondition(copenssl_start() == 1, "OpenSSL cannot be started")
        ERR_clear_error()
        defer { ERR_clear_error() }
        let number = curve == .p256 ? NID_X9_62_prime256v1 : NID_secp384r1
        guard let group = EC_GROUP_new_by_curve_name(number) else { preconditionFailure("OpenSSL has no \(curve)") }
        defer { EC_GROUP_free(group) }
        var bytes: [UInt8]?
        if let point {
            guard [curve.byteCount + 1, 2 * curve.byteCount + 1].contains(point.count), let own = EC_POINT_new(group)
            else { throw .point }
            defer { EC_POINT_free(own) }
            // OpenSSL checks that the point is on the curve.
            guard EC_POINT_oct2point(group, own, point, point.count, nil) == 1 else { throw .point }
            bytes = Self.bytes(of: own, group, curve)
        }
        var secretNumber: BigNumber?
        if let secret {
            guard 1...curve.byteCount ~= secret.count, let own = EC_POINT_new(group) else { throw .inconsistent }
            defer { EC_POINT_free(own) }
            let secret = BigNumber(secret)
            guard secret.bitCount > 0, BN_cmp(secret.pointer, EC_GROUP_get0_order(group)) < 0,
                EC_POINT_mul(group, own, secret.pointer, nil, nil, nil) == 1
            else { throw .inconsistent }
            let computed = Self.bytes(of: own, group, curve)
            guard bytes == nil || bytes == computed else { throw .inconsistent }
            bytes = computed
            secretNumber = secret
        }
        guard let bytes, let key = copenssl_make_ec_key(curve.rawValue, bytes, bytes.count, secretNumber?.pointer)
        else { throw .point }
        kind = .ec(curve)
        isPrivate = secret != nil
        signatureLength = 2 * curve.byteCount
        pointer = key
    }

    /// The point, not compressed.
    private static func bytes(of point: OpaquePointer, _ group: OpaquePointer, _ curve: Curve) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 2 * curve.byteCount + 1) { buffer, count in
            // OpenSSL writes at most as many bytes as the array has room for.
            count = EC_POINT_point2oct(
                group, point, POINT_CONVERSION_UNCOMPRESSED, buffer.baseAddress, buffer.count, nil)
        }
    }
}
