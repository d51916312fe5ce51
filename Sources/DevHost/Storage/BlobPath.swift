/// A blob's path, its container and name: `uploads/2026/cat.png`.
struct BlobPath: Sendable, Hashable, CustomStringConvertible {
    let container: String
    /// The name, which may contain slashes.
    let name: String

    /// Makes a path from a name that was checked before or exists on disk.
    init(container: String, name: String) {
        self.container = container
        self.name = name
    }

    /// Throws for names that the service refuses, or that would lead out of the container's folder. A slash at the
    /// beginning and the URL of a blob are accepted (golden/dotnet/names, `path`).
    init(_ text: String) throws(StorageError) {
        let parts = Self.withoutAddress(text).utf8
            .split(separator: Self.slash, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { throw .notABlobPath(text) }
        container = String(Substring(parts[0]))
        name = String(Substring(parts[1]))
        try Self.check(container: container)
        if let fault = Self.fault(of: name) { throw .blobName(name, fault) }
    }

    var description: String { "\(container)/\(name)" }

    static func check(container: String) throws(StorageError) {
        guard StorageName.isValid(container) || ["$root", "$web"].contains(container) else {
            throw .container(container)
        }
    }

    private static func withoutAddress(_ text: String) -> Substring {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else {
            return text.dropFirst(text.hasPrefix("/") ? 1 : 0)
        }
        let host = text.dropFirst(scheme.count).prefix { $0 != "/" }
        let path = text[host.endIndex...].dropFirst()
        // The path in a local emulator begins with the account.
        guard host.allSatisfy({ "0123456789.:".contains($0) }) else { return path }
        return path.drop { $0 != "/" }.dropFirst()
    }

    enum Reason: Equatable {
        case length
        case dots
        case emptyPart
        case ending
        case character
    }

    /// Compares bytes, as a file system does: to Swift, a slash with an accent is not a slash.
    private static func fault(of name: String) -> Reason? {
        let bytes = name.utf8
        let parts = bytes.split(separator: slash, omittingEmptySubsequences: false)
        if bytes.contains(0) || bytes.contains(UInt8(ascii: "\\")) { return .character }
        if !(1...1024).contains(name.utf16.count) { return .length }
        if parts.contains(where: { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }) { return .dots }
        if bytes.last == slash || bytes.last == UInt8(ascii: ".") { return .ending }
        return parts.contains(where: \.isEmpty) ? .emptyPart : nil
    }

    private static let slash = UInt8(ascii: "/")
}

extension BlobPath.Reason {
    var sentence: String {
        switch self {
        case .length: "use 1 to 1024 characters"
        case .dots: "it has a part '.' or '..', which leads elsewhere; leave that part out"
        case .emptyPart: "it has an empty part, which Azure allows but a folder cannot hold; write single slashes"
        case .ending: "it must not end with a dot or a slash"
        case .character: "it must not contain a backslash or a NUL; use / between parts"
        }
    }
}
