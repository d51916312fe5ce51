import Foundation
import Glibc

/// A connection to loopback that sends exactly the bytes it is given.
public final class RawConnection {
    private var descriptor: Int32

    public struct Refused: Error {}

    public init(port: Int) throws {
        descriptor = try Self.connectedDescriptor(port: port)
        var limit = timeval(tv_sec: 120, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// A socket that is connected to a port of loopback. The caller closes it.
    public static func connectedDescriptor(port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            close(descriptor)
            throw Refused()
        }
        return descriptor
    }

    /// A socket that listens on a free port of loopback. The caller closes it.
    public static func listeningDescriptor() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listens = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard listens else {
            close(descriptor)
            throw Refused()
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// Accepts connections on their own threads until the listening socket is shut down. `converse` closes each.
    public static func serve(_ listening: Int32, _ converse: @escaping @Sendable (_ connection: Int32) -> Void) {
        Thread.detachNewThread {
            while true {
                let connection = accept(listening, nil, nil)
                guard connection >= 0 else { break }
                Thread.detachNewThread { converse(connection) }
            }
            close(listening)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    public func send(_ bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    public func send(_ text: String) { send(text.utf8) }

    /// Closes the sending half of the connection.
    public func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends the connection immediately, as a client that crashes does. Data in transit is discarded.
    public func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        close(descriptor)
        descriptor = -1
    }

    /// The next bytes; empty at the end of the connection or after two minutes of silence.
    private func receive() -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        return count > 0 ? Array(chunk.prefix(count)) : []
    }

    private var buffer: [UInt8] = []

    /// The next response, with chunks joined; nil if the connection ends before it is complete.
    public func response() -> HTTPReply? {
        let separator = Array("\r\n\r\n".utf8)
        while true {
            if let end = buffer.firstRange(of: separator), let reply = HTTPReply(head: buffer[..<end.lowerBound]) {
                if reply.headers["transfer-encoding"]?.lowercased() == "chunked" {
                    buffer.removeFirst(end.upperBound)
                    var reply = reply
                    while let chunk = chunk() {
                        if chunk.isEmpty { return reply }
                        reply.body += chunk
                    }
                    return nil
                }
                let length = reply.status < 200 ? 0 : Int(reply.headers["content-length"] ?? "") ?? 0
                if buffer.count >= end.upperBound + length {
                    var reply = reply
                    reply.body = Array(buffer[end.upperBound..<end.upperBound + length])
                    buffer.removeFirst(end.upperBound + length)
                    return reply
                }
            }
            guard receiveMore() else { return nil }
        }
    }

    private func receiveMore() -> Bool {
        let bytes = receive()
        buffer += bytes
        return !bytes.isEmpty
    }
}

/// Reading of bodies in chunks.
extension RawConnection {
    /// The head of a response whose body is chunked.
    public func head() -> HTTPReply? {
        while true {
            if let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)) {
                let reply = HTTPReply(head: buffer[..<end.lowerBound])
                buffer.removeFirst(end.upperBound)
                return reply
            }
            guard receiveMore() else { return nil }
        }
    }

    /// The next chunk, which is empty for the last one; nil if the connection ends before it is complete.
    public func chunk() -> [UInt8]? {
        let lineEnd = Array("\r\n".utf8)
        while true {
            if let line = buffer.firstRange(of: lineEnd),
                let length = Int(String(decoding: buffer[..<line.lowerBound], as: UTF8.self), radix: 16),
                buffer.count >= line.upperBound + length + 2
            {
                let chunk = Array(buffer[line.upperBound..<line.upperBound + length])
                buffer.removeFirst(line.upperBound + length + 2)
                return chunk
            }
            guard receiveMore() else { return nil }
        }
    }

    /// All bytes up to the end of the connection.
    public func rest(upTo limit: Int = 64 << 20) -> [UInt8] {
        while buffer.count < limit, receiveMore() {}
        return buffer
    }
}

/// An HTTP response as it arrived.
public struct HTTPReply: Sendable {
    public let status: Int
    /// The headers, with names in lower case.
    public let headers: [String: String]
    public var body: [UInt8] = []

    public var text: String { String(decoding: body, as: UTF8.self) }

    init?(head: ArraySlice<UInt8>) {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first?.split(separator: " "), first.count >= 2, let status = Int(first[1]) else {
            return nil
        }
        self.status = status
        headers = Dictionary(
            lines.dropFirst().compactMap { line -> (String, String)? in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                return (line[..<colon].lowercased(), String(value))
            }, uniquingKeysWith: { "\($0), \($1)" })
    }
}

extension RawConnection {
    /// Sends one request and waits for its response, which must arrive.
    public static func request(
        _ path: String, method: String = "POST", port: Int,
        headers: [String: String] = ["Content-Type": "application/json"],
        body: [UInt8] = []
    ) throws -> HTTPReply {
        let connection = try RawConnection(port: port)
        var head = "\(method) \(path) HTTP/1.1\r\n"
        if headers["Host"] == nil { head += "Host: 127.0.0.1:\(port)\r\n" }
        head += "Content-Length: \(body.count)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        connection.send(head + "\r\n")
        connection.send(body)
        guard let reply = connection.response() else { throw NoAnswer() }
        return reply
    }

    public struct NoAnswer: Error {}
}

/// The headers by which luafunc recognizes the real host.
public let hostHeaders = [
    "Content-Type": "application/json; charset=utf-8", "X-Azure-Functions-HostVersion": "4.1037.0.0",
    "X-Azure-Functions-InvocationId": "6b0cbf0e-8f7e-4a53-9f0c-0a8f0d1f3c11",
]
