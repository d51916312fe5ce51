/// An HTTP request to the endpoint of a server, without its body.
package struct Post {
    package let method: String
    /// The value of a field, by its name in lower case.
    package let header: (String) -> String?

    package init(method: String, header: @escaping (String) -> String?) {
        self.method = method
        self.header = header
    }

    /// A field without the blanks around its value. An empty one counts as absent.
    func field(_ name: String) -> String? {
        guard let value = header(name).map(Self.trim), !value.isEmpty else { return nil }
        return value
    }

    static func trim(_ value: String) -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        guard let first = value.utf8.first, let last = value.utf8.last, isBlank(first) || isBlank(last) else {
            return value
        }
        let rest = Array(value.utf8.drop(while: isBlank))
        let end = rest.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? 0
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
