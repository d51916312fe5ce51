import Testing

/// A message that the two parsers read differently, and the reason.
struct Difference: Sendable, CustomTestStringConvertible {
    let side: Side
    let text: String
    let reason: String

    var testDescription: String { reason }

    private static func request(_ text: String, _ reason: String) -> Difference {
        Difference(side: .requests, text: text, reason: reason)
    }

    private static func response(_ text: String, _ reason: String) -> Difference {
        Difference(side: .responses(toHead: false), text: text, reason: reason)
    }

    /// Messages that http-parser accepts and our parser refuses.
    static let stricter: [Difference] = [
        request(
            "GET / HTTP/1.1\nHost: x\n\n",
            "a line ends with CR LF: who wants both sees another message than who does not"),
        request("\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "an empty line ends with CR LF, too"),
        request("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", "one space stands between method and target (RFC 9112 §3)"),
        request("GET /\r\n\r\n", "HTTP/0.9 has no fields, so its requests cannot be told from cut ones"),
        request("GET / HTTP/2.0\r\nHost: x\r\n\r\n", "another major version is another protocol: 505"),
        request("GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", "a target has no fragment, which would become part of a URL"),
        request("GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n", "we serve http and https"),
        request("GET * HTTP/1.1\r\nHost: x\r\n\r\n", "only OPTIONS asks for the server as a whole"),
        request(
            "GET http://u@x/ HTTP/1.1\r\nHost: x\r\n\r\n", "user information is no part of a target (RFC 9110 §4.2.4)"),
        request("GET / HTTP/1.1\r\n\r\n", "a request has one Host (RFC 9112 §3.2)"),
        request("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", "a request has one Host (RFC 9112 §3.2)"),
        request("GET / HTTP/1.1\r\nHost: x/?a=\r\n\r\n", "a host is no more than a name and a port (RFC 9112 §3.2)"),
        request(
            "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", "a folded value is two values to some readers (§5.2)"),
        request("GET / HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n", "the name of a field has no spaces (§5.1)"),
        request(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "we cannot undo gzip: 501"),
        request(
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.0 has no codings, so a front end may have read on (§6.1)"),
        request(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;\u{1}\r\na\r\n0\r\n\r\n",
            "an extension has no control characters"),
        request(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;\n\r\na\r\n0\r\n\r\n",
            "a line feed in an extension ends the line for some readers"),
        request(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;\(String(repeating: "a", count: 9000))\r\na\r\n0\r\n\r\n",
            "extensions have a limit"),
        response("HTTP/1.1 200 OK\nContent-Length: 0\n\n", "a line ends with CR LF"),
        response("\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "nothing comes before a status line"),
        response("HTTP/1.1 99 x\r\nContent-Length: 0\r\n\r\n", "a status has three digits (§4)"),
        response("HTTP/1.1 000 x\r\nContent-Length: 0\r\n\r\n", "a status is 100 at least (RFC 9110 §15)"),
        response("HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "another major version is another protocol"),
        response("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "a folded value is two values to some readers (§5.2)"),
        response("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx", "we cannot undo gzip as a transfer coding"),
        response(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "we cannot undo gzip as a transfer coding"),
        response(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\nx", "an empty list of codings says nothing of the body's end"),
        response(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\t\r\n\r\nx",
            "before a tab, some see `chunked` and some do not"),
        response("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.0 has no codings (§6.1)"),
    ]

    /// Messages that our parser accepts and http-parser refuses.
    static let wider: [Difference] = [
        request("PURGE-ALL / HTTP/1.1\r\nHost: x\r\n\r\n", "any token is a method (RFC 9110 §9.1)"),
        request(
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\t\r\n\r\nx",
            "a tab is white space around a value, too (§5.5)"),
        request(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding-Of-Mine: gzip\r\nContent-Length: 1\r\n\r\nx",
            "a longer name is another field"),
        request(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: x\r\n\r\n",
            "trailers say nothing of the body's length (§6.5.1)"),
    ]
}
