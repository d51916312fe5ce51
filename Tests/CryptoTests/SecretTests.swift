import Crypto
import Testing

@Suite struct SecretTests {
    @Test(arguments: [0, 1, 7, 32, 1 << 20])
    func `the number of random bytes is the requested one`(_ count: Int) {
        #expect(randomBytes(count).count == count)
    }

    @Test func `random bytes differ each time, and every byte is set`() {
        #expect(randomBytes(16) != randomBytes(16))
        // The probability that one of the 256 values is missing is 10^-109.
        #expect(Set(randomBytes(1 << 16)).count == 256)
    }

    @Test(arguments: [
        ("", "", true), ("a", "a", true), ("secret", "secret", true), ("secret", "secreT", false),
        ("Secret", "secret", false), ("secret", "secre", false), ("secre", "secret", false), ("", "secret", false),
        ("secret", "", false), ("secret", "secretsecret", false),
    ])
    func `bytes are equal only if all of them are`(_ first: String, _ second: String, _ isEqual: Bool) {
        #expect(constantTimeEqual(Array(first.utf8), Array(second.utf8)) == isEqual)
    }
}
