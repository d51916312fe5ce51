import Testing

@testable import HTTP1

@Suite struct ByteClassTests {
    @Test(arguments: UInt8.min...UInt8.max)
    func `the table says where each byte is allowed`(_ byte: UInt8) {
        let isAlphanumeric = 0x30...0x39 ~= byte || 0x41...0x5a ~= byte || 0x61...0x7a ~= byte
        // RFC 9110 §5.6.2, RFC 3986 §3.2.2, RFC 9110 §5.5.
        let isToken = isAlphanumeric || "!#$%&'*+-.^_`|~".utf8.contains(byte)
        let isHostName = isAlphanumeric || "-._~!$&'()*+,;=".utf8.contains(byte)
        let isValue = byte >= 0x20 && byte != 0x7f || byte == 0x09
        let bits = ByteClass.table[Int(byte)]
        #expect((bits & ByteClass.token != 0) == isToken && (bits & ByteClass.hostName != 0) == isHostName)
        #expect((bits & ByteClass.value != 0) == isValue)
    }
}
