import Crypto
import Testing

@Suite struct DigestTests {
    /// Test vectors from RFC 1321 and FIPS 180-4.
    private static let known: [(HashFunction, String, String)] = [
        (.md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
        (.md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
        (.md5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        (.sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            .sha1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            .sha256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            .sha384, "abc",
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
        ),
        (
            .sha512, "abc",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
    ]

    @Test(arguments: known)
    func `a digest is the one that the specification names`(_ hash: HashFunction, _ text: String, _ digest: String) {
        #expect(hexadecimal(Digest.of(Array(text.utf8), hash)) == digest)
    }

    @Test func `each hash function is found by its name`() {
        let bytes = Array("abc".utf8)
        #expect(Digest.md5(bytes) == Digest.of(bytes, .md5) && Digest.md5(bytes.span.bytes).count == 16)
        #expect(Digest.sha1(bytes) == Digest.of(bytes, .sha1) && Digest.sha1(bytes.span.bytes).count == 20)
        #expect(Digest.sha256(bytes) == Digest.of(bytes, .sha256) && Digest.sha256(bytes.span.bytes).count == 32)
        #expect(Digest.sha384(bytes) == Digest.of(bytes, .sha384) && Digest.sha384(bytes.span.bytes).count == 48)
        #expect(Digest.sha512(bytes) == Digest.of(bytes, .sha512) && Digest.sha512(bytes.span.bytes).count == 64)
    }

    @Test func `a million letters in pieces of any length`() {
        var digest = Digest(.sha256)
        var length = 0
        var left = 1_000_000
        while left > 0 {
            digest.update([UInt8](repeating: 0x61, count: min(length, left)))
            left -= min(length, left)
            length += 1
        }
        #expect(
            hexadecimal(digest.finish()) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test(arguments: HashFunction.allCases)
    func `the digest of empty input has the right length`(_ hash: HashFunction) {
        let digest = Digest(hash)
        #expect(digest.finish() == Digest.of([], hash))
        #expect(Digest.of([], hash).count == hash.byteCount)
    }
}
