import Foundation
import Glibc
import Synchronization
import TestSupport

/// A server on loopback that a script calls. Each path stands for one way to behave; the last part of a path is a name
/// that a test chooses, so that tests do not count each other's requests.
final class UpstreamServer: Sendable {
    let port: Int
    private let state = Mutex(State())

    private struct State {
        var requests: [String: Int] = [:]
        var heads: [String: [String]] = [:]
    }

    static let shared = Task { try UpstreamServer() }

    /// The last target of each connection that has ended.
    let ends: AsyncStream<String>

    init() throws {
        let (descriptor, port) = try RawConnection.listeningDescriptor()
        self.port = port
        let (ends, ended) = AsyncStream<String>.makeStream()
        self.ends = ends
        RawConnection.serve(descriptor) { [self] descriptor in
            let line = Line(descriptor)
            var served = 0
            var target = ""
            while let head = line.head() {
                served += 1
                target = Self.target(of: head)
                guard answer(head, on: line, served: served) else { break }
            }
            close(descriptor)
            ended.yield(target)
        }
    }

    private static func target(of head: String) -> String { String(head.split(separator: " ")[1]) }

    /// The number of requests for a path, and their heads.
    func count(_ path: String) -> Int { state.withLock { $0.requests[path] ?? 0 } }
    func heads(_ path: String) -> [String] { state.withLock { $0.heads[path] ?? [] } }

    /// Returns whether the connection stays open.
    private func answer(_ head: String, on line: Line, served: Int) -> Bool {
        let target = Self.target(of: head)
        let words = target.split(separator: "/").map(String.init)
        let number = state.withLock { state in
            state.requests[target, default: 0] += 1
            state.heads[target, default: []].append(head)
            return state.requests[target] ?? 0
        }
        switch words.first {
        // /then/503+1/200/name: these statuses in turn, the last one for all others; 0 closes the connection. The number
        // after the plus is a Retry-After.
        case "then":
            let statuses = words.dropFirst().dropLast()
            let parts = statuses[min(statuses.count, number)].split(separator: "+")
            if parts[0] == "0" { return false }
            _ = line.body(of: head)
            let later = parts.count > 1 ? "Retry-After: \(parts[1])\r\n" : ""
            line.send("HTTP/1.1 \(parts[0]) Word\r\n\(later)Content-Length: 4\r\n\r\nbody")
        case "echo":
            let body = line.body(of: head)
            line.send("HTTP/1.1 200 OK\r\nContent-Length: \(head.utf8.count + body.count)\r\n\r\n\(head)")
            line.send(body)
        // Only a connection's first request is answered.
        case "once":
            _ = line.body(of: head)
            if served > 1 { return false }
            line.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        // /go/307/name/to/path
        case "go":
            _ = line.body(of: head)
            let place = "/" + words.dropFirst(4).joined(separator: "/")
            line.send("HTTP/1.1 \(words[1]) Go\r\nLocation: \(place)\r\nContent-Length: 0\r\n\r\n")
        // /hops/5/name: so many redirects, each to the next.
        case "hops":
            let left = Int(words[1]) ?? 0
            line.send(
                left == 0
                    ? "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere"
                    : "HTTP/1.1 302 Go\r\nLocation: /hops/\(left - 1)/\(words[2])\r\nContent-Length: 0\r\n\r\n")
        // Refuses a body without reading it.
        case "refuse":
            line.send("HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\nConnection: close\r\n\r\ntoo large")
            return false
        // Redirects before it has read the body, and counts what comes then.
        case "early":
            line.send("HTTP/1.1 303 Go\r\nLocation: /echo/\(words[1])\r\nContent-Length: 0\r\n\r\n")
            _ = line.body(of: head)
            return false
        case "pieces":
            line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-One: 1\r\n\r\n")
            for piece in ["one", "two", "three"] { line.send("\(piece.utf8.count)\r\n\(piece)\r\n") }
            line.send("0\r\n\r\n")
        case "known":
            line.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nknown")
        case "cookies":
            let second = "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"
            line.send("HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: \(second)\r\nX-A: 1\r\nx-a: 2\r\n")
            line.send("Content-Length: 2\r\n\r\nok")
        case "broken":
            line.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            return false
        case "stuck":
            line.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            return line.waitForEnd()
        case "silent": return line.waitForEnd()
        // Bytes without an end, as fast as they are read.
        case "flood":
            line.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            let piece = "10000\r\n" + String(repeating: "x", count: 65_536) + "\r\n"
            while line.send(piece) {}
            return false
        // 10 MB of zeros, packed.
        case "bomb":
            line.send("HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: \(Self.bomb.count)\r\n\r\n")
            line.send(Self.bomb)
        default: line.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        }
        return true
    }

    /// A block of deflate with fixed codes: a zero, and then 40,000 times "258 bytes from one byte back".
    private static let bomb: [UInt8] = {
        var bytes: [UInt8] = [0]
        var room = 8
        func put(_ code: String) {
            for bit in code.utf8 {
                if room == 0 {
                    bytes.append(0)
                    room = 8
                }
                if bit == UInt8(ascii: "1") { bytes[bytes.count - 1] |= 1 << (8 - room) }
                room -= 1
            }
        }
        put("110" + "00110000")
        for _ in 0..<40_000 { put("11000101" + "00000") }
        put("0000000")
        return bytes
    }()

    /// A connection.
    private final class Line {
        private let descriptor: Int32
        private var bytes: [UInt8] = []

        init(_ descriptor: Int32) { self.descriptor = descriptor }

        private func receive() -> Bool {
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            bytes += chunk.prefix(max(0, count))
            return count > 0
        }

        /// The next head with its blank line, or nil at the end.
        func head() -> String? {
            while true {
                if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                    defer { bytes.removeFirst(end.upperBound) }
                    return String(decoding: bytes[..<end.upperBound], as: UTF8.self)
                }
                guard receive() else { return nil }
            }
        }

        func body(of head: String) -> [UInt8] {
            let lower = head.lowercased()
            guard lower.contains("transfer-encoding: chunked") else {
                let length = lower.firstMatch(of: #/content-length: (\d+)/#).flatMap { Int($0.1) } ?? 0
                while bytes.count < length { guard receive() else { return [] } }
                defer { bytes.removeFirst(length) }
                return Array(bytes.prefix(length))
            }
            var body: [UInt8] = []
            while true {
                guard let end = bytes.firstRange(of: Array("\r\n".utf8)) else {
                    guard receive() else { return body }
                    continue
                }
                let size = Int(String(decoding: bytes[..<end.lowerBound], as: UTF8.self), radix: 16) ?? 0
                while bytes.count < end.upperBound + size + 2 { guard receive() else { return body } }
                body += bytes[end.upperBound..<end.upperBound + size]
                bytes.removeFirst(end.upperBound + size + 2)
                if size == 0 { return body }
            }
        }

        @discardableResult func send(_ text: String) -> Bool { send(Array(text.utf8)) }

        @discardableResult func send(_ bytes: [UInt8]) -> Bool {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }

        /// Waits until the client ends the connection.
        func waitForEnd() -> Bool {
            while receive() {}
            return false
        }
    }
}
