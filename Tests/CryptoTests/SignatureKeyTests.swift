import Foundation
import TestSupport
import Testing

@testable import Crypto

/// What is a key, and what is not.
@Suite struct SignatureKeyTests {
    @Test(arguments: [
        (TestKeys.rsa, true), (TestKeys.rsaPKCS1, true), (TestKeys.rsaPublic, false), (TestKeys.rsaPublicPKCS1, false),
        (TestKeys.rsaCertificate, false), (TestKeys.ec, true), (TestKeys.ecSEC1, true), (TestKeys.ecWithoutPoint, true),
        (TestKeys.ecPublic, false), (TestKeys.ecPublicCompressed, false), (TestKeys.ecCertificate, false),
        (TestKeys.p384, true), (TestKeys.p384Public, false),
        // Text around the key, and line ends of Windows.
        ("a note\n" + TestKeys.ecPublic + "\nmore", false),
        (TestKeys.rsaPublic.replacing("\n", with: "\r\n"), false),
    ])
    func `PEM texts of all kinds are keys`(_ text: String, _ isPrivate: Bool) throws {
        let key = try SignatureKey(pem: text.utf8Span.span.bytes)
        #expect(key.isPrivate == isPrivate)
        // Each form of the key checks what another form has signed.
        let (pem, algorithm): (String, SignatureAlgorithm) =
            switch key.kind {
            case .rsa: (TestKeys.rsa, .rs256)
            case .ec(.p256): (TestKeys.ecSEC1, .es256)
            case .ec(.p384): (TestKeys.p384, .es384)
            }
        let digest = Digest.of([1, 2, 3], algorithm.hash)
        let signature = try SignatureKey(pem: pem.utf8Span.span.bytes).sign(digest, algorithm)
        #expect(key.isValid(signature, of: digest, algorithm))
    }

    @Test(arguments: [
        ("", KeyError.notPEM), ("secret", .notPEM), ("-----BEGIN PUBLIC KEY-----\nAAAA", .notPEM),
        ("-----BEGIN PUBLIC KEY-----\nA A A A\n-----END PRIVATE KEY-----\n", .notPEM),
        (TestKeys.rsaPublic.replacing("\n", with: "\\n"), .escapedLineBreaks),
        (String(repeating: "\n", count: 70_000) + TestKeys.ec, .tooLong),
        (TestKeys.rsaEncrypted, .encrypted), (TestKeys.ecEncrypted, .encrypted),
        (TestKeys.rsa1024, .rsaSize(1024)), (TestKeys.rsaThreePrimes, .severalPrimes),
        (TestKeys.ecExplicit, .explicitCurve), (TestKeys.ecExplicitPublic, .explicitCurve),
        (TestKeys.p521, .curve), (TestKeys.secp256k1, .curve), (TestKeys.ed25519, .algorithm),
        (TestKeys.ec.replacing("PRIVATE", with: "PUBLIC"), .broken),
        (TestKeys.ecPublic.replacing("PUBLIC KEY", with: "CERTIFICATE"), .broken),
        (TestKeys.ecPublic.replacing("PUBLIC KEY", with: "DH PARAMETERS"), .label("DH PARAMETERS")),
    ])
    func `what is not a key is refused with the reason`(_ text: String, _ error: KeyError) {
        #expect(throws: error) { try SignatureKey(pem: text.utf8Span.span.bytes) }
    }

    @Test func `no part of a key is in the text of an error`() throws {
        let body = TestKeys.rsa.split(separator: "\n")[3]
        let broken = TestKeys.rsa.replacing(body, with: String(body.reversed()))
        let error = try #require(throws: KeyError.self) { try SignatureKey(pem: broken.utf8Span.span.bytes) }
        #expect(!error.description.contains(body.prefix(8)) && !error.description.contains("MII"))
    }

    // MARK: RSA

    private static func rsa() throws -> RSANumbers {
        guard case .rsa(let numbers) = try KeyFile.read(TestKeys.rsa.utf8Span.span.bytes) else {
            throw KeyError.algorithm
        }
        return numbers
    }

    @Test(arguments: [
        ([1], KeyError.exponent), ([2], .exponent), ([], .exponent), ([1, 0, 0], .exponent),
        ([1, 0, 0, 0, 1], .exponent), ([UInt8](repeating: 255, count: 256), .exponent),
    ])
    func `an unusual exponent is refused`(_ e: [UInt8], _ error: KeyError) throws {
        let numbers = try Self.rsa()
        #expect(throws: error) { try SignatureKey(rsa: RSANumbers(n: numbers.n, e: e)) }
    }

    @Test(arguments: [0, 1, 128, 255, 513, 1920, 100_000])
    func `a modulus of another size is refused`(_ count: Int) {
        #expect(throws: KeyError.self) {
            try SignatureKey(rsa: RSANumbers(n: [UInt8](repeating: 255, count: count), e: [3]))
        }
    }

    @Test func `the numbers of a private key must belong together`() throws {
        let numbers = try Self.rsa()
        let secret = try #require(numbers.secret)
        let parts = [secret.d, secret.p, secret.q, secret.dp, secret.dq, secret.qi]
        func key(_ parts: [[UInt8]]) throws -> SignatureKey {
            try SignatureKey(
                rsa: RSANumbers(
                    n: numbers.n, e: numbers.e,
                    secret: .init(
                        d: parts[0], p: parts[1], q: parts[2], dp: parts[3], dq: parts[4], qi: parts[5])))
        }
        _ = try key(parts)
        for index in parts.indices {
            let last = (parts[index].last ?? 0) ^ 2
            let wrongs: [[UInt8]] = [[], [1], parts[index].dropLast() + [last], numbers.n, parts[index] + [0]]
            for wrong in wrongs {
                var changed = parts
                changed[index] = wrong
                if changed != parts { #expect(throws: KeyError.inconsistent) { try key(changed) } }
            }
            var huge = parts
            huge[index] = [UInt8](repeating: 255, count: 40_000)
            #expect(throws: KeyError.inconsistent) { try key(huge) }
        }
        #expect(throws: KeyError.inconsistent) {
            try key([parts[0], numbers.n, [1], parts[3], [], []])
        }
    }

    // MARK: EC

    private static func ec() throws -> (point: [UInt8], secret: [UInt8]) {
        guard case .ec(_, let point?, let secret?) = try KeyFile.read(TestKeys.ec.utf8Span.span.bytes) else {
            throw KeyError.algorithm
        }
        return (point, secret)
    }

    @Test func `a point must be on the curve, and belong to the secret`() throws {
        let (point, secret) = try Self.ec()
        _ = try SignatureKey(.p256, point: point, secret: secret)
        var wrong = point
        wrong[64] ^= 1
        let infinity: [UInt8] = [0]
        let points: [[UInt8]] = [
            wrong, infinity, [], point.dropLast(), point + [0], [UInt8](repeating: 0, count: 65),
        ]
        for point in points {
            #expect(throws: KeyError.point) { try SignatureKey(.p256, point: point, secret: nil) }
        }
        #expect(throws: KeyError.point) { try SignatureKey(.p384, point: point, secret: nil) }
        #expect(throws: KeyError.inconsistent) {
            try SignatureKey(.p256, point: point, secret: secret.dropLast() + [0])
        }
        let order = fromHexadecimal("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        for secret in [[], [0], [UInt8](repeating: 0, count: 32), order, [UInt8](repeating: 255, count: 33)] {
            #expect(throws: KeyError.inconsistent) { try SignatureKey(.p256, point: nil, secret: secret) }
        }
        #expect(throws: KeyError.point) { try SignatureKey(.p256, point: nil, secret: nil) }
    }

    // MARK: Damaged files

    /// A generator of pseudo-random numbers, so that the test does the same each time.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64 = 1
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    @Test func `a damaged file is refused, or is a key that works, in little time`() throws {
        var numbers = Numbers()
        let longest = ContinuousClock().measure {
            for text in [
                TestKeys.rsa, TestKeys.ec, TestKeys.ecSEC1, TestKeys.rsaCertificate, TestKeys.ecPublicCompressed,
            ] {
                let lines = text.split(separator: "\n").drop { !$0.contains("BEGIN") || $0.contains("PARAMETERS") }
                let label = lines.first?.dropFirst(11).dropLast(5) ?? ""
                let body = lines.dropFirst().filter { !$0.contains("-----") }.joined()
                guard let bytes = Data(base64Encoded: body).map({ [UInt8]($0) }) else { continue }
                for _ in 0..<200 {
                    var changed = bytes
                    for _ in 0..<Int.random(in: 1...3, using: &numbers) {
                        changed[Int.random(in: changed.indices, using: &numbers)] = .random(
                            in: 0...255, using: &numbers)
                    }
                    if Bool.random(using: &numbers) {
                        changed.removeLast(Int.random(in: 0..<changed.count, using: &numbers))
                    }
                    let pem =
                        "-----BEGIN \(label)-----\n\(Data(changed).base64EncodedString(options: .lineLength64Characters))\n-----END \(label)-----\n"
                    guard let key = try? SignatureKey(pem: pem.utf8Span.span.bytes) else { continue }
                    let digest = Digest.sha256([])
                    _ = key.isValid(
                        [UInt8](repeating: 1, count: key.signatureLength), of: digest,
                        key.kind == .rsa ? .rs256 : .es256)
                }
            }
        }
        #expect(longest < .seconds(20))
    }
}
