internal import CUV
internal import Glibc

/// An IPv4 or IPv6 address, read as strictly as `inet_pton` does: no leading zeros, no short forms.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16, in network order.
    public let bytes: [UInt8]

    public var isIPv6: Bool { bytes.count == 16 }

    public init?(_ text: some StringProtocol) {
        var address = [UInt8](repeating: 0, count: 16)
        let text = String(text)
        if uv_inet_pton(AF_INET, text, &address) == 0 {
            bytes = Array(address[..<4])
        } else if uv_inet_pton(AF_INET6, text, &address) == 0 {
            bytes = address
        } else {
            return nil
        }
    }

    public var description: String { "" }
}
