import FunctionsModel

/// The reason why the caller gets an empty 500 instead of the function's response, although the invocation succeeds.
/// The real host says nothing about it (host-contract §9.5).
enum UnsendableResponse: Error {
    case nullHeader(place: String, name: String)
    case emptyHeader(place: String)
    /// A header has a character that is not allowed in headers.
    case header(place: String, name: String, Unicode.Scalar)
    case contentLength(place: String, String)
    /// The real host sends any number as it is.
    case status(place: String, Int)
}

extension UnsendableResponse: CustomStringConvertible {
    var description: String {
        switch self {
        case .nullHeader(let place, let name):
            "\(place): the header '\(name)' is null, so the caller gets an empty 500; leave it out"
        case .emptyHeader(let place): "\(place): a header has no name, so the caller gets an empty 500; leave it out"
        case .header(let place, let name, let scalar):
            "\(place): the header '\(name)' contains the character \(Self.code(scalar)), so the caller gets an empty "
                + "500; a header must be one line of ASCII, so join lists with \", \" and send at most one Set-Cookie"
        case .contentLength(let place, let said):
            "\(place): the header 'Content-Length' is '\(said)', so the caller gets an empty 500; leave it out"
        case .status(let place, let status):
            "\(place): Azure sends the status \(status) as it is, on which most callers break, so the caller gets 500 "
                + "here; send a status from 200 to 599"
        }
    }

    private static func code(_ scalar: Unicode.Scalar) -> String {
        "0x" + scalar.value.padded(4, radix: 16, uppercase: true)
    }
}
