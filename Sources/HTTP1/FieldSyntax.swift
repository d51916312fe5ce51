/// Checks the syntax of names, values and targets that come from scripts and from other custom handlers.
extension HTTPFields {
    /// Whether the name is a token (RFC 9110 §5.6.2). Methods are tokens too.
    public static func isValidName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { ByteClass.table[Int($0)] & ByteClass.token != 0 }
    }

    /// Whether the value contains no control character except tabs. Bytes that are not ASCII are allowed.
    public static func isValidValue(_ value: String) -> Bool { isValidValue(value.utf8) }

    public static func isValidValue(_ value: some Sequence<UInt8>) -> Bool {
        value.allSatisfy { ByteClass.table[Int($0)] & ByteClass.value != 0 }
    }

    /// Whether the target contains no space, no control character and no `#`.
    public static func isValidTarget(_ target: String) -> Bool {
        !target.isEmpty && target.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "#") }
    }

    /// Whether this is a host, optionally with a colon and a port, but without user information and path.
    public static func isValidHost(_ host: String) -> Bool {
        var host = host
        return host.withUTF8 { HostSyntax.isValid(UnsafeRawBufferPointer($0)) }
    }
}
