internal import CUV
internal import Glibc

/// Prepares sockets before libuv gets them.
enum Socket {
    /// A non-blocking TCP socket that no child process inherits.
    static func open(for address: SocketAddress) throws(StreamError) -> Int32 {
        let kind = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let descriptor = socket(address.family, Int32(kind), 0)
        guard descriptor >= 0 else { throw .system(errno) }
        return descriptor
    }

    static func set(_ option: Int32, of level: Int32, on descriptor: Int32, to value: Int32 = 1) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Turns Nagle's algorithm off. Messages are written in one piece, so the system gains nothing by waiting for more.
    static func sendAtOnce(_ descriptor: Int32) { set(TCP_NODELAY, of: Int32(IPPROTO_TCP), on: descriptor) }

    /// The `errno` of a failed connection attempt, or 0 if it succeeded. Reading the error clears it.
    static func pendingError(of descriptor: Int32) -> Int32 {
        var error: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno
    }

    static func isConnectedToItself(_ descriptor: Int32) -> Bool {
        let local = SocketAddress(of: descriptor) { getsockname($0, $1, $2) }
        return local != nil && local == SocketAddress(of: descriptor) { getpeername($0, $1, $2) }
    }
}
