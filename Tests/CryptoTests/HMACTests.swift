import Crypto
import Testing

@Suite struct HMACTests {
    struct Vector {
        let hash: HashFunction
        let key: [UInt8]
        let text: [UInt8]
        let code: String

        init(_ hash: HashFunction, _ key: [UInt8], _ text: [UInt8], _ code: String) {
            (self.hash, self.key, self.text, self.code) = (hash, key, text, code)
        }
    }

    private static let hiThere = Array("Hi There".utf8)
    private static let jefe = Array("Jefe".utf8)
    private static let question = Array("what do ya want for nothing?".utf8)
    private static let largerKey = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)

    private static func bytes(_ byte: UInt8, _ count: Int) -> [UInt8] { [UInt8](repeating: byte, count: count) }

    /// Test vectors from RFC 2202 and RFC 4231.
    private static let known: [Vector] = [
        Vector(.md5, bytes(0x0b, 16), hiThere, "9294727a3638bb1c13f48ef8158bfc9d"),
        Vector(.md5, jefe, question, "750c783e6ab0b503eaa86e310a5db738"),
        Vector(.sha1, bytes(0x0b, 20), hiThere, "b617318655057264e28bc0b6fb378c8ef146be00"),
        Vector(.sha1, jefe, question, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        Vector(
            .sha256, bytes(0x0b, 20), hiThere, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        Vector(.sha256, jefe, question, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Vector(
            .sha256, bytes(0xaa, 20), bytes(0xdd, 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        Vector(
            .sha256, bytes(0xaa, 131), largerKey, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        Vector(
            .sha384, jefe, question,
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"),
        Vector(
            .sha384, bytes(0xaa, 131), largerKey,
            "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952"),
        Vector(
            .sha512, jefe, question,
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                + "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"),
        Vector(
            .sha512, bytes(0xaa, 131), largerKey,
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
                + "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"),
        Vector(.sha256, [], [], "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ]

    @Test(arguments: known)
    func `a code is the one that the specification names`(_ vector: Vector) {
        #expect(hexadecimal(HMAC.of(vector.text, vector.hash, key: vector.key)) == vector.code)
    }

    @Test(arguments: HashFunction.allCases)
    func `bytes in pieces have the code of the whole`(_ hash: HashFunction) {
        var code = HMAC(hash, key: Self.jefe)
        for byte in Self.question { code.update([byte]) }
        #expect(code.finish() == HMAC.of(Self.question, hash, key: Self.jefe))
    }

    @Test func `a different key gives a different code`() {
        #expect(HMAC.of([1], .sha256, key: [1]) != HMAC.of([1], .sha256, key: [2]))
    }
}
