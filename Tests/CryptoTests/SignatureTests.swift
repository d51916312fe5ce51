import Crypto
import Foundation
import TestSupport
import Testing

/// Signatures that are valid, and those that only look so.
@Suite struct SignatureTests {
    private static func key(_ pem: String) throws -> SignatureKey { try SignatureKey(pem: pem.utf8Span.span.bytes) }

    private static func decoded(_ text: String) throws -> [UInt8] {
        let padded = text + String(repeating: "=", count: -text.utf8.count & 3)
        return [UInt8](try #require(Data(base64Encoded: padded.replacing("-", with: "+").replacing("_", with: "/"))))
    }

    private static let claims =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    @Test func `the signatures of RFC 7515 are valid, and the one of RSA is made again`() throws {
        let rsaText = Array("eyJhbGciOiJSUzI1NiJ9.\(Self.claims)".utf8)
        let rsaSignature = try Self.decoded(
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU"
                + "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOL"
                + "n6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVm"
                + "tVrBp0igcN_IoypGlUPQGe77Rw")
        let ecText = Array("eyJhbGciOiJFUzI1NiJ9.\(Self.claims)".utf8)
        let ecSignature = try Self.decoded(
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")
        let (rsa, ec) = (try Self.key(TestKeys.rsa), try Self.key(TestKeys.ec))
        #expect(rsa.isValid(rsaSignature, of: Digest.sha256(rsaText), .rs256))
        #expect(try rsa.sign(Digest.sha256(rsaText), .rs256) == rsaSignature)
        #expect(ec.isValid(ecSignature, of: Digest.sha256(ecText), .es256))
        #expect(!rsa.isValid(rsaSignature, of: Digest.sha256(ecText), .rs256))
        #expect(!rsa.isValid(rsaSignature, of: Digest.sha256(rsaText), .ps256))
        #expect(!rsa.isValid(rsaSignature, of: Digest.sha512(rsaText), .rs512))
        #expect(!rsa.isValid(ecSignature, of: Digest.sha256(ecText), .es256))
        #expect(!ec.isValid(rsaSignature, of: Digest.sha256(rsaText), .rs256))
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func `each algorithm accepts its own signatures and no changed ones`(_ algorithm: SignatureAlgorithm) throws {
        let pem =
            switch algorithm.kind {
            case .rsa: (TestKeys.rsa, TestKeys.rsaPublic)
            case .ec(.p256): (TestKeys.ec, TestKeys.ecPublic)
            case .ec(.p384): (TestKeys.p384, TestKeys.p384Public)
            }
        let (own, other) = (try Self.key(pem.0), try Self.key(pem.1))
        let digest = Digest.of([1], algorithm.hash)
        for form in [SignatureForm.jose, .der] {
            let signature = try own.sign(digest, algorithm, form: form)
            #expect(other.isValid(signature, of: digest, algorithm, form: form))
            #expect(!other.isValid(signature, of: Digest.of([2], algorithm.hash), algorithm, form: form))
            #expect(!other.isValid(signature, of: [], algorithm, form: form))
            for index in stride(from: 0, to: signature.count, by: 7) {
                var changed = signature
                changed[index] ^= 0x10
                #expect(!other.isValid(changed, of: digest, algorithm, form: form))
            }
            for wrong in [[], Array(signature.dropLast()), signature + [0], [0] + signature] {
                #expect(!other.isValid(wrong, of: digest, algorithm, form: form))
            }
        }
        #expect(throws: KeyError.failed) { try other.sign(digest, algorithm) }
        #expect(throws: KeyError.failed) { try own.sign(digest + [0], algorithm) }
        for wrong in SignatureAlgorithm.allCases where wrong.kind != algorithm.kind {
            #expect(throws: KeyError.failed) { try own.sign(Digest.of([1], wrong.hash), wrong) }
        }
    }

    // MARK: RSA

    /// Signatures of the text "signed" whose padding was made by hand, as in the cases of Wycheproof.
    private static let paddings: [(name: String, signature: String)] = [
        (
            "valid",
            "Nx1SW+Yrx81fMBC0y+vIIdn/EOk0rCDMz63SOK3NFRSKSmP5Ie2z0wTZx/KYBUCXXTD529f9hVoQ+sTIr6rGCLc7km2k2L39yoixif0DXpWQETO4Stwjt+CEP/8z6/wAMZTFAkdTrA2qdeKYM4kiow4gVB7OdblaqS1FJivzfCfYlLCYOSsGnZEMoamzGw02QGLg2rA+rb6KzwY2W1aoWSpO18xhNz4zBbbm3bjx2OZG6r96D8jbhIpAOzLrZks6zVcN0tdq0j47w3JQD7h/IhXzrYZ1dny5Ex7J1ZExZoTG9TbX40QEhkkCHSVaitO3KVHuwMOR60wfh4tTNXrhWA=="
        ),
        (
            "the algorithm without its NULL",
            "MeG26xFKPNqGx5nfg2z/MMr5ZypWfUh6oYtu2kwOdx7AI2XfxwtJLi3OFBr/rhcXHLhLVZTZUlQ1l2FutlrsF++I/mrk3pYmIjUJUuLJ3657e5Nrnxf3b/+QFU56TZ9Ygk7DBouU0wlYlWwHuOHqDmRcRU6r6SGw/AzJoTeWXqthI3Rb+JpSnVew9no24g8/E3dpYgRySAGq0qA7aPRuQ1WXB+CA3NpLdnSGhw0/xDdlxLBJPBH/1dnFaUh3XA75P1S+m57jFSHT+0ngHrR87bjFqEHemIq4vgn2oNcAq5xipjiuzUmwMoBeyuzF+AjAeiSW21eakZ7ut5Yzh32EBg=="
        ),
        (
            "garbage behind the digest",
            "D2AqYFgJaGDGVIDI8Y9DMaC4KnbK3gBxoxDUL8/9fLOTKC8VGRLnHAAw+OD7nhfuFKCNPf6howc4zWIy4UtB4KwImjIjG4sUYqUJ4Up1TU/qzn5I9n9c+MImJB4OcCk5H+jswdl76uP7E68RMU2jg8o6n6Ut3GkUrriTsjWb2mepo45/K7+uNqKR38127AA6dBGEHIMfjw/cGqcRWMnAekBakfGb+DCLGZBU3smac5gQwU6HVzNMRzJTvtvYwVcOUdRcDIhaLO+7uGtBP7MQA/zmhOIyXB3+1UE86xYgSEI2y4Cb5TTYBJRMMPO84OF7juDFN6rN9BrjO5lLVbNU6g=="
        ),
        (
            "block type 2",
            "ee/SU9QQM1TtomQWLc2PiWERylMw4UfflmWoCrjU+6DyybtFn8AHgLW+zzbuEQAR8yuCVlk29yMx82TClpfuijcUYqnuBDLvyFm28AN+VdyPLDYL8QVeP/Zl315pZyXAjD5AQbpCkv7W7/jV7i3uv6t6nYD2Dkhnx2E+2lcxqn0xvsFTl2KU/kEV6GpQZbaSow4rsF5S5stk9lA7BP72q+rJ7EVxulPp7fUlLCCxmZgrgb1PF7BkGMZ4UjaMiGCa/5aTFRtP8qnRuaXqT21tpQ5hPp7ib3zUfNfRTTlApu4fK0uioeSZwcXKQeJz4My906erhoX72tNSKZH5gKObGw=="
        ),
        (
            "block type 0",
            "PWZQwOHp12T3E3vVHsy6jqcWCIN6r8460HaJZLaCdCNl3RQHE70PS8+Dyi+kL9A2OmDe47xrWk7/Eq94a8wFsgvUg0Sqi+HKNRA/gurqVxJ7RLtstABis6fgFUoU7l7/W4NERF14yJt+sXjHatCTuUfAuvYJQQpKX0a1w7h7wKLTIMr9H5LkcOcCnZoqxBpHSUapoqUHeCmsIdMRSWXLvB5aiOTTP3zUMVtcQUNnCh16fE7LRe9nIi2UyuUhz8EV0zf0hRiYB2J1o+HNqyeZcNK7+sWedX9xP79yrJzuho+h3rKCoGhUukSrTMvDUS0xhgT6NzLKbTscU5fs++Oo+g=="
        ),
        (
            "a wrong byte of padding",
            "ZAbJOYyjHZ7AHZgl5lwNMBicEtW/G4Fl7sHtanHksiF3BwH7JkKA1AlBwc+0wcNRDeGi7v4ekJkOgDhrfkk6zoXL7vB4vpooTjFOI4NhXNtRP7LaIwQo/8DL0/LvzkdI9jJD+bt6M4Xvunf0VzU6C2RW8WZEyOkLSzJ7355fX5fvpgi+2XwfxrcE/KjHbhcL6WN46IxpEsI45Z5DDck9TSiIfPLq68f1yVyfCUvG/4xyFgkyXqALlSHRqfGudYPK810ilVZ66mTR6T7NDR9MzZ4fPXB8QpKi5KtNbSQnX3pRr1kY7MqmQ/BjXOvyees0Fkl2ve/gaPUCcW0Cuwu5VQ=="
        ),
        (
            "no separator",
            "jmSpXQ2vlRmSPkBcwk1rAUUcdrNAAFCamXFhSpr1vOvhHx5+ngp4rY7zdhkua/tv5Tb3kfzF6ijudSpUcPvQSFDM0Mgord6HwpbxLPY9b1UMg+8d+tivjSlffWucb2sB1+dR2wqTu6zWj96QgHdx3177g2FUdtCIHRVL3wPNJZD+bvIx8qop00do6D7oUmmpoSBo7op1UJxbPwRVa1lLQuqLmMEIiXosYAYc0Nq7a72O7AUQmZvlwmKuvMetmp09bo3X9Rjn78McRcI+JCDNxOkcZ2yMQQgwhKJodiR5GFWAtrF/s/wLzPx4uWvsytbOS8aOQBB5wyIqRXVzWizmpg=="
        ),
        (
            "the digest without its algorithm",
            "dz60sbKIwjO/GgUTVrjzhGXmlNI+jfiJlPD5X8Z3b3f1sX62gMRqlH+h2hUtmmBuARBSR4DjpqkSacQxv74qNQ4M+42TT4wVxXkBDzibIW6r2J7RE4rgck1/cgqZdMTzcmY/+B7LCHOdeynrv6gVkxeb4obo5N9pGxgwTzKwKYtyIRIXQ+PODOWcoBXH3NeV4oEYcQjvN9MTGH+7rcL2/uGX54YPchOps/+aWisWsp0RO+Z2IumzoAR9cL8qvKVMU8Rps8uM004DgqiB6yZVkPsHsH4QSJ9FW6pdZv+nrb6DEuGruXtJSXpjsCvgOXLE0hCBEof1FJyzwm66+u1ZOA=="
        ),
        (
            "the identifier of SHA-1",
            "kzYC8XLSMnDiSWFudryw6I4lEh61rCiLE5UdFlyZ5QSYknovN81nX+WFxfMAytCFI26DKWZhu1/y31NSx4N4kSArv/5btPHZW/1bJW0+qY3wkBX94jRbgQKP0IFlc4ETXVAzWZb1KuXb1pCzP68krBnKDg1fQ8665ZYInf5nOVYx1y0mt8mO4csV+htYNUbencnCXeyn4ftjol4YCXLIdQX8uaG2Ylndw/e/vS5MHlcdsSxGt4TMX9M5K6OW66Gh4FZCVNIP3ni57AJZr5JAeuwqm+X+D44GIMZJtt2Qz3+axaCWGlBblBEbZdQIEwKC8NmMVVbLvGdQUZoKQYrxhA=="
        ),
        (
            "the identifier of SHA-512",
            "ehBI+5FDjGilK9hkJa81gv2q8i9IPw7G9675lxL/umNXhY6TPjxDC4Z01ny35IqThcfJ4+BF/gEbZWc5L8x3sGv0eu1SMqRtvenrfKbHZVQ/fDMXpD4aiIvWua31SunYu9Tm3yM/ww8HE4LxX5hqs4tkXsiVBK5BoyYpHxq4wyuRUMFmMdEFKtj2lkPjAsp34rCgoL5EUL1Mo2NshfsMeM/gKzedsV853H1oYLJlIbypmGDWAMmSx5Be6xII5nbUeh8Ep0NVEp90TPpcEWe18EJ9u68QBq2O2SFZS7dG0PamovtVi8oWtI30RHskDtlOa6N0nBZNvntkwavq+o4y3Q=="
        ),
        (
            "a long form of a length",
            "lPhQKSx1vOmNwEA97acsqM7s2u8d9B+WyNnV4/bEjV3YObHV0djhkapcXuywTxAxkp+0N1k2AGJCEJUslAdLL9frnDqR/AJDZJsyaEI+6ZFYBSUHb/DnESXS9YM3FFcoPXP+B4+i55wRkN9DyTFGUOGUjJEMPz4OIWOP0eUBrXpjtZsSYK+8P2RwzKhn0q6wyLAc0mxl6ZepGiaEoylfEyWEOozaZoCsxPnp4JNsFZ+cy+z/UQSFny0rmrCIZPEsyQKe5NVWMxiK3Fdw5VVS8SEE+LuLLeYvBi9abWryT7G6dysALA5szLsEcYQ/T9H5sfgtYqRtGt3NLqHcX+rsvQ=="
        ),
        (
            "another digest",
            "Qh+vEjnkL6EAdOaZ+GdSy+etvn7B6xSjzJ2xUzn/nynSqekiGGqMg51y7H9Ibl5oAeZ2oDwKWZJzyihfFd+7PVcK7dXvgWF0oA7sMxeeQq6kO/iKTidLAK/HfQCwKn4Gm8AgBFjHMCNXw8/0SP+US09jGylqmOsBV081DtVMf78BrJ1enkTHfcfiwswdqQo+SoI7WMv2BugFa7y5/YxifBNjPYmXqDo0WyiRPJ/jirWuo6w7DNYVmRMHdD88YgM5yvQceQtGCs20UBli05yWLh1lPrhy98Caa3w4Uims1pFuHU/VwK9JQYjZIpnhGDKirIKpEnxfUROq71zXE0nNYA=="
        ),
    ]

    @Test(arguments: paddings.indices)
    func `RSA with a padding that is not exactly the right one is refused`(_ index: Int) throws {
        let (name, signature) = Self.paddings[index]
        let isValid = try Self.key(TestKeys.rsaPublic).isValid(
            try Self.decoded(signature), of: Digest.sha256(Array("signed".utf8)), .rs256)
        #expect(isValid == (name == "valid"), "\(name)")
    }

    @Test(arguments: [
        (
            "eItVFvN4hWzIr6HTisubSlbz97fFXPPTlrBodJ+9By8mUXGlk6iaQ1IY6VsOBPRDDw1M4uXZk83/6GwEDbdn0dC5zbPmEcV6UVR6aK0hETicfrgZakxBQG44GVQbHc7aoEGOhg+ZwU1luounTDG34X6abppYuHRBnsqQrZssZsjIHuEtd/HMEFHSdEdbMnJWTQu+wfpXqWJNy3XRHY5jdqxJ/E6OIrhzGygjcgqmDTkQqeU5SvZlbSWNeve+ZciRjuTGPh1ohYm/2muSowNt6x/Eqqhx5em5kM7oy7RWL8JUrmlzRBQfnR/Ud+MmIj0lkcWt3IfdsQ8oSAy+6Z975w==",
            true
        ),
        // A salt of 20 bytes, none, and a mask with SHA-1.
        (
            "jDNM3uk3A1JDbkGcnnfMYHb6PrtjIObXayVic3SAZ6ocdoV/UTXYNBV6S3ni5iMM7g3SAgmhchnobjTAUwqNPtRobQcS3glfOgA2rLImHJbVY+LY/qz+pNg+Y6Rihw+SWcIMvuvSkxy28+dCOgL2d+TradNYdp66t+E5uWMs7GpvQqEcPYAwrX5S98hthLi446RXFcEzOitPwVpgzP6ZEFfUem1YEDVPgwjp2waRojp6tiGTOhfMxkyYIKlOjFH6gg76AXLCpvhz7Nk6aZrGZ1HWixACeEgNAFSCWWZPn2+c+NznSnYTO/T334KyKSJQy/IN+h1II275YksIWWiGjA==",
            false
        ),
        (
            "N42w2pgro0TpKLUKCvd/0YGHtLz18/cXydFqmnc0Z07LVQiq3RD9lifMIzH7LVGNxtL1ZescE6/7/6h45r5qkgh2H6NFZKfwR78qFSrWsRVpgXqqZVviAtUlp5dS03BAWe6oYZGJ23HQ9PXQvrXiaeTXBMzXB85U/KzQgUtg85UMfttrwo3sDriuox/ocedDGFbGz167eYPY0aRuqhwQqsXuVdpZEHVvyuXvl5+oRn8taRnMjiP9L4nQG+3d3ZajJ4HbBIjQFe8uR2PhQ7ArUAdPRpS+EgcckMzYQsdP3MBXAWnusHMd+dTWVbqbVb9BYrrYfPkgDajGUVrWpYo+oQ==",
            false
        ),
        (
            "c64tz1RSfeA27Zsi7Xku8v/0XbsBl+klvotup/0CHEbz9sy5L0Eov9UiaHnWdoLIPHbf1aFwAbZ4C3VfprXKOZENuc5bWGKeG93gjsXyc4/7PXrSsZTLIG93Um4uPWa8CSSMUwHuYzqzhOgWpFfoUjijuVD1yVUQSAB/wevsXw97xN+liLkGC79Nv9JJbt2nYT8g0WFaUayGmhTIPiU6SiDjEYx+zDPW77B8QNpEdk+KEfSiH7OJMfDJ2Y1K8YK5gB1FhZZ9zTwQp4SlAAKHktYPEAi4kR+6Nm3X8yH8JtGs+XDNVFUV/aXHJgBOT1R/D7kdxN6v4eqhB6xr7jbwKQ==",
            false
        ),
    ])
    func `PS256 needs a salt as long as the digest, and a mask with the same hash`(_ text: String, _ isRight: Bool)
        throws
    {
        let key = try Self.key(TestKeys.rsaPublic)
        #expect(key.isValid(try Self.decoded(text), of: Digest.sha256(Array("signed".utf8)), .ps256) == isRight)
    }

    @Test func `RSA does not take a signature that is as large as the modulus or larger`() throws {
        let key = try Self.key(TestKeys.rsaPublic)
        let digest = Digest.sha256([])
        for byte: UInt8 in [0, 1, 255] {
            #expect(!key.isValid([UInt8](repeating: byte, count: 256), of: digest, .rs256))
            #expect(!key.isValid([UInt8](repeating: byte, count: 256), of: digest, .ps256))
        }
    }

    // MARK: ECDSA

    private static let order = fromHexadecimal("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")

    @Test func `ECDSA refuses numbers out of range`() throws {
        let key = try Self.key(TestKeys.ec)
        let digest = Digest.sha256([7])
        let signature = try key.sign(digest, .es256)
        let (r, s) = (Array(signature.prefix(32)), Array(signature.suffix(32)))
        let zero = [UInt8](repeating: 0, count: 32)
        let one: [UInt8] = zero.dropLast() + [1]
        let all = [UInt8](repeating: 255, count: 32)
        let pairs: [([UInt8], [UInt8])] = [
            (zero, zero), (zero, s), (r, zero), (Self.order, s), (r, Self.order), (all, s), (r, all), (one, one),
            (zero, one), (one, zero), (Self.order, Self.order), (s, r),
        ]
        for (first, second) in pairs {
            #expect(!key.isValid(first + second, of: digest, .es256))
        }
        // Every signature has a second form, which the standard allows.
        var borrow = 0
        var mirrored = Self.order
        for index in (0..<32).reversed() {
            let difference = Int(Self.order[index]) - Int(s[index]) - borrow
            borrow = difference < 0 ? 1 : 0
            mirrored[index] = UInt8(truncatingIfNeeded: difference)
        }
        #expect(key.isValid(r + mirrored, of: digest, .es256))
    }

    @Test func `ECDSA in DER is refused if it is not DER`() throws {
        let key = try Self.key(TestKeys.ec)
        let digest = Digest.sha256([7])
        let der = try key.sign(digest, .es256, form: .der)
        #expect(key.isValid(der, of: digest, .es256, form: .der))
        let body = Array(der.dropFirst(2))
        let count = UInt8(body.count)
        let firstLength = body[1]
        let padded = [2, firstLength + 1, 0] + body.dropFirst(2)
        for wrong: [UInt8] in [
            der + [0], [0x30, 0x81, count] + body, [0x30, 0x80] + body + [0, 0], [0x30, count + 1] + body,
            [0x30, count + 2] + body + [5, 0], [0x31, count] + body, [0x30, count + 1] + padded, [0x30, 0],
            [0x30, 6, 2, 1, 0, 2, 1, 0], [0x30, 6, 2, 1, 1, 2, 1, 0xff], [UInt8](repeating: 0x30, count: 72),
            [UInt8](repeating: 0x30, count: 100_000),
        ] {
            #expect(!key.isValid(wrong, of: digest, .es256, form: .der), "\(wrong.prefix(8))")
        }
        // Neither form is taken for the other.
        #expect(!key.isValid(der, of: digest, .es256))
        #expect(!key.isValid(try key.sign(digest, .es256), of: digest, .es256, form: .der))
    }
}
