internal import CUV
internal import Glibc

/// The address of a socket, its own or its peer's.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    public var address: IPAddress
    public var port: UInt16

    public init(_ address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// The form that URLs use, with brackets around an IPv6 address.
    public var description: String { address.isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)" }
}

/// Conversions to and from the system's form.
extension SocketAddress {
    var family: Int32 { address.isIPv6 ? AF_INET6 : AF_INET }

    /// Returns nil for a family other than IPv4 and IPv6.
    init?(_ storage: UnsafePointer<sockaddr>) {
        switch Int32(storage.pointee.sa_family) {
        case AF_INET: self.init(UnsafeRawPointer(storage).loadUnaligned(as: sockaddr_in.self))
        case AF_INET6: self.init(UnsafeRawPointer(storage).loadUnaligned(as: sockaddr_in6.self))
        default: return nil
        }
    }

    private init?(_ system: sockaddr_in) {
        let bytes = withUnsafeBytes(of: system.sin_addr) { Array($0) }
        guard let address = IPAddress(bytes: bytes) else { return nil }
        self.init(address, port: UInt16(bigEndian: system.sin_port))
    }

    private init?(_ system: sockaddr_in6) {
        let bytes = withUnsafeBytes(of: system.sin6_addr) { Array($0) }
        guard let address = IPAddress(bytes: bytes) else { return nil }
        self.init(address, port: UInt16(bigEndian: system.sin6_port))
    }

    func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        func pass<System>(_ system: System) -> Result {
            withUnsafePointer(to: system) { pointer in
                // Every kind of socket address begins with the members of `sockaddr`, so the system may read it as one.
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<System>.size))
                }
            }
        }
        if address.isIPv6 {
            var system = sockaddr_in6()
            system.sin6_family = sa_family_t(AF_INET6)
            system.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &system.sin6_addr) { $0.copyBytes(from: address.bytes) }
            return pass(system)
        }
        var system = sockaddr_in()
        system.sin_family = sa_family_t(AF_INET)
        system.sin_port = port.bigEndian
        withUnsafeMutableBytes(of: &system.sin_addr) { $0.copyBytes(from: address.bytes) }
        return pass(system)
    }

    /// The result of `getsockname` or `getpeername` for a descriptor; nil if the call fails.
    init?(
        of descriptor: Int32, _ ask: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let address = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                ask(descriptor, $0, &length) == 0 ? SocketAddress($0) : nil
            }
        }
        guard let address else { return nil }
        self = address
    }
}
