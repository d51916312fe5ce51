import Crypto
import HTTP
import HTTP1

/// Who may call. The handler's port is open to all programs of the machine, and to the pages of other sites that somebody
/// looks at there.
public struct Door: Sendable {
    private let rule: Rule

    private enum Rule {
        case open
        /// Ways to write loopback and the port in `Host`.
        case host([[UInt8]])
        case secret([UInt8])
    }

    /// Whoever reaches the port: luafunc was started by hand.
    public static let open = Door(rule: .open)

    /// The Functions host, with which there is no secret. Its payloads say `Host: 127.0.0.1:PORT` and nothing that only
    /// browsers say; what it forwards has its caller's headers, so nothing can be told from those.
    public static func host(port: Int) -> Door {
        let names = ["127.0.0.1", "localhost", "[::1]"].map { Array("\($0):\(port)".utf8) }
        return Door(rule: .host(names))
    }

    /// Only who sends this secret with every request, in `secretHeader`.
    public static func secret(_ text: String) -> Door { Door(rule: .secret(Array(text.utf8))) }

    public static let secretHeader = "X-Luafunc-Secret"

    /// The answer to a caller without the secret; nil for one who has it, or needs none. The secret is gone from the
    /// request afterwards, so no script sees it.
    func refusal(of request: HTTPRequest) -> HTTPResponse? {
        guard case .secret(let secret) = rule else { return nil }
        let bytes = request.headBytes
        let sent = request.firstRange(of: Self.secretHeader).map { Array(bytes[$0]) } ?? []
        request.removeFields(Self.secretHeader)
        guard !constantTimeEqual(sent, secret) else { return nil }
        return .problem(
            status: 403, title: "This port is for luafunc start alone",
            detail:
                "luafunc start calls its handler here, with a secret; call the function at the address that luafunc "
                + "start shows, such as http://localhost:7071/api/hello")
    }

    /// The answer to a payload that the host cannot have sent; nil for any other. Every payload comes by here.
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

    /// Letters in any case.
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

    /// `Origin`, or `Sec-Fetch-Site` and its like.
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
