import Foundation
import Glibc

/// A server on loopback that answers each path with prepared bytes, and records what it received.
public final class CannedServer: Sendable {
    public let port: Int
    private let answers: [String: [UInt8]]
    private let endsConnections: Bool

    /// - Parameters:
    ///   - answers: whole responses by path. A path without an entry is never answered. `/echo` answers with the
    ///     request itself as its body.
    ///   - endsConnections: whether the connection ends after each answer.
    public init(_ answers: [String: [UInt8]], endsConnections: Bool = false) throws {
        self.answers = answers
        self.endsConnections = endsConnections
        let (descriptor, port) = try RawConnection.listeningDescriptor()
        self.port = port
        RawConnection.serve(descriptor) { [self] in converse($0) }
    }

    public static func response(_ head: String, _ body: [UInt8] = []) -> [UInt8] {
        Array("HTTP/1.1 \(head)\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    private func converse(_ connection: Int32) {
        defer { close(connection) }
        var request: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return }
            request += chunk.prefix(count)
            guard let end = request.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
            let head = String(decoding: request[..<end.lowerBound], as: UTF8.self)
            let length = head.lowercased().firstMatch(of: #/content-length: (\d+)/#).flatMap { Int($0.1) } ?? 0
            guard request.count >= end.upperBound + length else { continue }
            let path = head.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            let answer = path == "/echo" ? Self.response("200 OK", request) : answers[path]
            request = []
            guard let answer else { continue }
            _ = answer.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if endsConnections { return }
        }
    }
}
