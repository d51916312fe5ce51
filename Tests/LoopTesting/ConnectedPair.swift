public import EventLoop
internal import Glibc

/// Two ends of a TCP connection over loopback, for tests of protocols above TCP.
///
/// The system's buffers are small, so that a write of 1 MB has to wait.
public enum ConnectedPair {
    public static func descriptors() throws(StreamError) -> (client: Int32, server: Int32) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { throw .system(errno) }
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let isConnected = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 1) == 0 && getsockname(listener, $0, &length) == 0
                    && connect(client, $0, length) == 0
            }
        }
        guard isConnected else { throw .system(errno) }
        let server = accept(listener, nil, nil)
        guard server >= 0 else { throw .system(errno) }
        for descriptor in [client, server] {
            var size: Int32 = 32 << 10
            setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        return (client, server)
    }

    public static func streams(_ loop: EventLoop) throws(StreamError) -> (client: TCPStream, server: TCPStream) {
        let (client, server) = try descriptors()
        return (try TCPStream(loop, descriptor: client), try TCPStream(loop, descriptor: server))
    }
}
