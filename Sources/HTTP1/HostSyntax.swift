/// Checks `Host`, and the authority of a target: `uri-host [":" port]` (RFC 9110 §7.2). The check is strict because the
/// text becomes part of the URL that a function sees.
enum HostSyntax {
    static func isValid(_ bytes: UnsafeRawBufferPointer, needsPort: Bool = false) -> Bool {
        bytes.baseAddress.map { isValid($0, bytes.count, needsPort: needsPort) } ?? false
    }

    /// Unsafe: `bytes` must hold `count` bytes.
    static func isValid(_ bytes: UnsafeRawPointer, _ count: Int, needsPort: Bool = false) -> Bool {
        let end = hostEnd(bytes, count)
        guard end > 0 else { return false }
        if end == count { return !needsPort }
        guard bytes.byte(at: end) == UInt8(ascii: ":") else { return false }
        var position = end &+ 1
        if position == count { return !needsPort }
        var port = 0
        while position < count {
            let digit = bytes.byte(at: position) &- 0x30
            guard digit < 10 else { return false }
            port = port &* 10 &+ Int(digit)
            guard port <= 65_535 else { return false }
            position &+= 1
        }
        return true
    }

    /// The end of the host, or 0 if there is none.
    @inline(__always)
    private static func hostEnd(_ bytes: UnsafeRawPointer, _ count: Int) -> Int {
        let table = ByteClass.table
        var position = 0
        while position < count {
            let byte = bytes.byte(at: position)
            if table[Int(byte)] & ByteClass.hostName != 0 {
                position &+= 1
            } else if byte == UInt8(ascii: "%"), position &+ 2 < count, isHexadecimal(bytes.byte(at: position &+ 1)),
                isHexadecimal(bytes.byte(at: position &+ 2))
            {
                position &+= 3
            } else if byte == UInt8(ascii: "["), position == 0 {
                return addressEnd(UnsafeRawBufferPointer(start: bytes, count: count))
            } else {
                break
            }
        }
        return position
    }

    /// The end of an IPv6 address in brackets, or 0 if it has other characters. Its groups are not checked.
    private static func addressEnd(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return 0 }
        let address = bytes[1..<end]
        guard address.count(where: { $0 == UInt8(ascii: ":") }) >= 2 else { return 0 }
        let isAddress = address.allSatisfy { isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
        return isAddress ? end + 1 : 0
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool { byte.isDigit || 0x61...0x66 ~= byte | 0x20 }
}
