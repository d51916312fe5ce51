/// `Host`, and the authority of a target: `uri-host [":" port]` (RFC 9110 §7.2). What else stands there would become part
/// of the URL that a function sees.
enum HostSyntax {
    static func isValid(_ bytes: UnsafeRawBufferPointer, needsPort: Bool = false) -> Bool {
        guard let end = hostEnd(bytes) else { return false }
        if end == bytes.count { return !needsPort }
        guard bytes[end] == UInt8(ascii: ":") else { return false }
        if end + 1 == bytes.count { return !needsPort }
        var port = 0
        for byte in bytes[(end + 1)...] {
            guard byte.isDigit else { return false }
            port = port * 10 + Int(byte - 0x30)
            guard port <= 65_535 else { return false }
        }
        return true
    }

    /// Where the host ends; nil where it is none.
    private static func hostEnd(_ bytes: UnsafeRawBufferPointer) -> Int? {
        if bytes.first == UInt8(ascii: "[") { return addressEnd(bytes) }
        let table = ByteClass.table
        var position = 0
        while position < bytes.count {
            let byte = bytes[position]
            if table[Int(byte)] & ByteClass.hostName != 0 {
                position += 1
            } else if byte == UInt8(ascii: "%"), position + 2 < bytes.count, isHexadecimal(bytes[position + 1]),
                isHexadecimal(bytes[position + 2])
            {
                position += 3
            } else {
                break
            }
        }
        return position > 0 ? position : nil
    }

    /// An IPv6 address in brackets. That its groups make sense is not checked here.
    private static func addressEnd(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
        let address = bytes[1..<end]
        guard address.count(where: { $0 == UInt8(ascii: ":") }) >= 2 else { return nil }
        let isAddress = address.allSatisfy { isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
        return isAddress ? end + 1 : nil
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool { byte.isDigit || 0x61...0x66 ~= byte | 0x20 }
}
