import Crypto
import FunctionsModel
import HTTP
import HTTP1

/// Decides which callers are admitted. Every program on the machine can reach the handler's port, and so can web pages
/// in a browser on the machine.
public struct CallerCheck: Sendable {
    private let rule: Rule

    private enum Rule {
        case open
        /// The ways to write loopback and the port in `Host`.
        case host([[UInt8]])
        case secret([UInt8])
    }

    /// Admits every caller that reaches the port. It applies when luafunc was started by hand.
    public static let open = CallerCheck(rule: .open)

    /// Admits payloads only from the Functions host, with which luafunc shares no secret. The host's payloads have
    /// `Host: 127.0.0.1:PORT` and no header that only browsers send. Forwarded requests have the headers of their
    /// caller, which prove nothing.
    public static func host(port: Int) -> CallerCheck {
        let names = ["127.0.0.1", "localhost", "[::1]"].map { Array("\($0):\(port)".utf8) }
        return CallerCheck(rule: .host(names))
    }

    /// Admits only requests with this secret in `HostHeader.secret`.
    public static func secret(_ text: String) -> CallerCheck { CallerCheck(rule: .secret(Array(text.utf8))) }

    /// Whether the callers are the Functions host.
    var isOfHost: Bool { if case .host = rule { true } else { false } }
    /// Whether every caller is admitted.
    var isOpen: Bool { if case .open = rule { true } else { false } }

    /// The response to a caller without the secret; nil if the caller has sent the secret or needs none. Removes the
    /// secret from the request, so that no script sees it.
    func refusal(of request: HTTPRequest) -> HTTPResponse? {
        guard case .secret(let secret) = rule else { return nil }
        let bytes = request.headBytes
        let sent = request.firstRange(of: HostHeader.secret).map { Array(bytes[$0]) } ?? []
        request.removeFields(HostHeader.secret)
        guard !constantTimeEqual(sent, secret) else { return nil }
        return .problem(
            status: 403, title: "Only luafunc start may use this port",
            detail:
                "luafunc start calls its handler here, with a secret; call the function at the address that luafunc "
                + "start shows, such as http://localhost:7071/api/hello")
    }

    /// The response to a payload that the host cannot have sent; nil for any other payload. Every payload passes
    /// through this check.
    func refusal(ofPayload request: HTTPRequest) -> HTTPResponse? {
        guard case .host(let names) = rule else { return nil }
        let bytes = request.headBytes
        let head = request.head
        guard let host = head.host else { return Self.notFromHost("without a Host") }
        guard names.contains(where: { Self.isSame(bytes, host, $0) }) else {
            return Self.notFromHost("under the name '\(request.text(host))'")
        }
        for field in head.fields where Self.isOfBrowser(bytes, field.name) {
            return Self.notFromHost("with the header \(request.text(field.name))")
        }
        return nil
    }

    /// Whether the bytes in the range are this name. The case of letters does not matter.
    private static func isSame(_ bytes: [UInt8], _ range: Range<Int>, _ name: [UInt8]) -> Bool {
        guard range.count == name.count else { return false }
        var place = range.lowerBound
        for letter in name {
            let byte = bytes[place]
            guard byte == letter || byte | 0x20 == letter else { return false }
            place += 1
        }
        return true
    }

    /// Whether the header is `Origin` or a header such as `Sec-Fetch-Site`, which only browsers send.
    private static func isOfBrowser(_ bytes: [UInt8], _ name: Range<Int>) -> Bool {
        switch bytes[name.lowerBound] | 0x20 {
        case UInt8(ascii: "o"): isSame(bytes, name, origin)
        case UInt8(ascii: "s"):
            name.count > fetch.count && isSame(bytes, name.prefix(fetch.count), fetch)
        default: false
        }
    }

    private static let origin = Array("origin".utf8)
    private static let fetch = Array("sec-fetch-".utf8)

    private static func notFromHost(_ how: String) -> HTTPResponse {
        .problem(
            status: 403, title: "This is not from the Functions host",
            detail: "the Functions host never sends a payload \(how), so this one may come from a web page; call the "
                + "function through the host, or start luafunc by hand: luafunc serve --port 8080")
    }
}
