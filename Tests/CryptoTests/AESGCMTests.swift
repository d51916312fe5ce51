import Crypto
import Testing

@Suite struct AESGCMTests {
    struct Vector {
        let key, nonce, text, data, sealed: String

        init(_ key: String, _ nonce: String, _ text: String, _ data: String, _ sealed: String) {
            (self.key, self.nonce, self.text, self.data, self.sealed) = (key, nonce, text, data, sealed)
        }
    }

    private static let key = "feffe9928665731c6d6a8f9467308308"
    private static let nonce = "cafebabefacedbaddecaf888"
    private static let zeros = String(repeating: "0", count: 24)
    private static let text =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5"
        + "aa0de657ba637b39"
    private static let data = "feedfacedeadbeeffeedfacedeadbeefabaddad2"
    private static func zeros(_ count: Int) -> String { String(repeating: "00", count: count) }

    /// Test cases 1, 2, 4, 7, 10, 14 and 16 of the specification of GCM (McGrew and Viega), which NIST has taken over.
    private static let known: [Vector] = [
        Vector(zeros(16), zeros, "", "", "58e2fccefa7e3061367f1d57a4e7455a"),
        Vector(zeros(16), zeros, zeros(16), "", "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf"),
        Vector(
            key, nonce, text, data,
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b39"
                + "6a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47"),
        Vector(zeros(24), zeros, "", "", "cd33b28ac773f74ba00ed1f312572435"),
        Vector(
            key + key.prefix(16), nonce, text, data,
            "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f4718e2448b"
                + "2fe324d9ccda27102519498e80f1478f37ba55bd6d27618c"),
        Vector(zeros(32), zeros, zeros(16), "", "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"),
        Vector(
            key + key, nonce, text, data,
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e63"
                + "93ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b"),
    ]

    private static func run(
        _ direction: AESGCM.Direction, _ vector: Vector, _ input: [UInt8], piece: Int, data: [UInt8]? = nil
    ) -> (cipher: AESGCMBox, output: [UInt8]) {
        let box = AESGCMBox(
            AESGCM(
                direction, key: fromHexadecimal(vector.key), nonce: fromHexadecimal(vector.nonce),
                additionalData: data ?? fromHexadecimal(vector.data)))
        var output: [UInt8] = []
        for start in stride(from: 0, to: input.count, by: piece) {
            box.update(Array(input[start..<min(input.count, start + piece)]), into: &output)
        }
        return (box, output)
    }

    @Test(arguments: known)
    func `a text is sealed as the specification says, in pieces of any length`(_ vector: Vector) {
        for piece in [1, 5, 16, 1000] {
            let (cipher, output) = Self.run(.seal, vector, fromHexadecimal(vector.text), piece: piece)
            #expect(hexadecimal(output + cipher.tag()) == vector.sealed)
            let sealed = fromHexadecimal(vector.sealed)
            let (opener, text) = Self.run(.open, vector, sealed.dropLast(16), piece: piece)
            #expect(opener.isAuthentic(Array(sealed.suffix(16))) && hexadecimal(text) == vector.text)
        }
    }

    @Test(arguments: known)
    func `any changed bit of text, tag, data or nonce is noticed`(_ vector: Vector) {
        let sealed = fromHexadecimal(vector.sealed)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1 << UInt8(index % 8)
            let (opener, _) = Self.run(.open, vector, changed.dropLast(16), piece: 64)
            #expect(!opener.isAuthentic(Array(changed.suffix(16))))
        }
        let (opener, _) = Self.run(
            .open, vector, sealed.dropLast(16), piece: 64, data: fromHexadecimal(vector.data) + [0])
        #expect(!opener.isAuthentic(Array(sealed.suffix(16))))
        for tag in [[], Array(sealed.suffix(15)), Array(sealed.suffix(16)) + [0]] {
            let (opener, _) = Self.run(.open, vector, sealed.dropLast(16), piece: 64)
            #expect(!opener.isAuthentic(tag))
        }
    }

}

/// Holds a cipher, which cannot be copied.
private final class AESGCMBox {
    private var cipher: AESGCM?
    init(_ cipher: consuming AESGCM) { self.cipher = consume cipher }
    func update(_ bytes: [UInt8], into output: inout [UInt8]) { cipher?.update(bytes.span.bytes, into: &output) }
    func tag() -> [UInt8] { cipher.take()?.tag() ?? [] }
    func isAuthentic(_ tag: [UInt8]) -> Bool { cipher.take()?.isAuthentic(tag: tag) ?? false }
}
