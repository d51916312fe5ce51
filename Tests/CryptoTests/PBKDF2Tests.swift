import Crypto
import Testing

@Suite struct PBKDF2Tests {
    struct Vector {
        let hash: HashFunction
        let password, salt: String
        let iterations, length: Int
        let key: String

        init(_ hash: HashFunction, _ password: String, _ salt: String, _ iterations: Int, _ length: Int, _ key: String)
        {
            (self.hash, self.password, self.salt) = (hash, password, salt)
            (self.iterations, self.length, self.key) = (iterations, length, key)
        }
    }

    /// Test vectors from RFC 6070 and RFC 7914 §11. The last four were made with Python's hashlib.
    private static let known: [Vector] = [
        Vector(.sha1, "password", "salt", 1, 20, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
        Vector(.sha1, "password", "salt", 2, 20, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
        Vector(.sha1, "password", "salt", 4096, 20, "4b007901b765489abead49d926f721d065a429c1"),
        Vector(
            .sha1, "passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096, 25,
            "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"),
        Vector(.sha1, "pass\0word", "sa\0lt", 4096, 16, "56fa6aa75548099dcc37d7f03425e0c3"),
        Vector(
            .sha256, "passwd", "salt", 1, 64,
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                + "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"),
        Vector(
            .sha256, "Password", "NaCl", 80_000, 64,
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
                + "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"),
        Vector(.sha256, "", "", 3, 33, "b372796454d37ac042a195b62eeb7cfed38ddd92f757e2fee04210df03ac1d2e60"),
        Vector(
            .sha384, String(repeating: "p", count: 200), "s", 1001, 48,
            "cf87f4348e7dfcd9896b140a0fd698f4ad02deee8f6f2059256f063c13cf269b5726418b5c1559f981f4d7e0cacd7ebc"),
        Vector(
            .sha512, "password", "salt", 2, 100,
            "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53cf76cab2868a39b9f7840edce4fef5a82"
                + "be67335c77a6068e04112754f27ccf4e473e311ad827b68945f4e2dddb204c78e40e2495141e411cd272d020640d673c"
                + "d34aa29f"),
        Vector(
            .md5, "p", "s", 5, 40,
            "23a22e4959ae55c59171ab3be5a0119d8d457b1a2f61a1f1bb7b18eb3af7b53337d757e58520fb8d"),
    ]

    @Test(arguments: known)
    func `a key is the one that the specification names, however its work is cut`(_ vector: Vector) {
        for step in [1, 7, 1000, Int.max] where vector.iterations < 5000 || step > 1 {
            var key = PBKDF2(
                vector.hash, password: Array(vector.password.utf8).span.bytes, salt: Array(vector.salt.utf8),
                iterations: vector.iterations, byteCount: vector.length)
            while !key.advance(step) {}
            let isComplete = key.advance(1)
            #expect(isComplete)
            #expect(hexadecimal(key.finish()) == vector.key)
        }
    }

    @Test func `a step does no more than it is asked to`() {
        var key = PBKDF2(.sha256, password: [UInt8]().span.bytes, salt: [], iterations: 10, byteCount: 64)
        var steps = 1
        while !key.advance(3) { steps += 1 }
        #expect(steps == 7)
    }
}
