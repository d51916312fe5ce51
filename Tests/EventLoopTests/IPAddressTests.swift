import EventLoop
import Testing

struct IPAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
        ("::1", "::1"), ("2001:DB8::0:1", "2001:db8::1"), ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
        ("fe80:0:0:0:0:0:0:1", "fe80::1"),
    ])
    func `an address is read and written`(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(address.isIPv6 == text.contains(":"))
        #expect(IPAddress(bytes: address.bytes) == address)
    }

    /// A web page could make a browser send each of these texts as the name of another site.
    @Test(arguments: [
        "", " ", "localhost", "127.1", "127.0.0.1.", "127.0.0.01", "0127.0.0.1", "0x7f.0.0.1", "2130706433",
        "127.0.0.1 ", " 127.0.0.1", "127.0.0.1\0", "127.0.0.1\0.example.com", "127.0.0.256", "1.2.3", "1.2.3.4.5",
        "fe80::1%eth0", "::1%1", "[::1]", ":::", "1::2::3", "12345::", "::1.2.3", "::ffff:127.0.0.01", "١٢٧.0.0.1",
    ])
    func `a text that is almost an address is a name`(text: String) { #expect(IPAddress(text) == nil) }

    @Test func `an address has 4 or 16 bytes`() {
        #expect(IPAddress(bytes: []) == nil)
        #expect(IPAddress(bytes: [1, 2, 3]) == nil)
        #expect(IPAddress(bytes: [UInt8](repeating: 0, count: 17)) == nil)
        #expect(IPAddress(bytes: [127, 0, 0, 1]) == .loopback)
        #expect(IPAddress.loopbackIPv6.description == "::1")
    }

    @Test func `an address with a port is written as in a URL`() {
        #expect(SocketAddress(.loopback, port: 80).description == "127.0.0.1:80")
        #expect(SocketAddress(.loopbackIPv6, port: 65535).description == "[::1]:65535")
    }
}
