package import JSON

extension JSONTree {
    /// Reads one of the host's files (host-contract §14) as Newtonsoft's `JObject.Parse` does. The caller checks that it
    /// is an object (golden/dotnet/newtonsoft, `jobject`).
    package static func newtonsoft(_ text: RawSpan) throws(JSONError) -> JSONTree {
        let bytes = text.withUnsafeBytes { Array($0) }.withoutByteOrderMark
        var reader = NewtonsoftReader(bytes, zone: .utc)
        if let place = bytes.withUnsafeBufferPointer({ UTF8Check.firstInvalid(in: $0) }) {
            throw reader.error(.invalidUTF8, at: place)
        }
        guard try reader.readContent() else { throw reader.error(.unexpectedEnd) }
        let tree = try reader.tree()
        while try reader.read() {}
        return tree
    }
}

extension NewtonsoftReader {
    /// Reads the rest of the value whose first token was read.
    fileprivate mutating func tree() throws(JSONError) -> JSONTree {
        let place = place()
        switch token {
        case .value(let value): return JSONTree(value.treeValue, at: place)
        case .startArray, .startConstructor:
            var elements: [JSONTree] = []
            while try readInside() {
                if token == .endArray || token == .endConstructor { break }
                elements.append(try tree())
            }
            return JSONTree(.array(elements), at: place)
        default:
            var members: [JSONTree.Member] = []
            while try readInside(), case .name(let name) = token {
                let place = self.place()
                _ = try readInside()
                members.append(.init(name: name, tree: try tree(), place: place))
            }
            return JSONTree(.object(members), at: place)
        }
    }

    private mutating func readInside() throws(JSONError) -> Bool {
        guard try readContent() else { throw error(.unexpectedEnd) }
        return true
    }
}

extension NewtonsoftValue {
    /// A value that is no container. A date is the text that it was.
    fileprivate var treeValue: JSONTree.Value {
        switch self {
        case .boolean(let truth): .boolean(truth)
        case .integer(let number): .integer(number)
        case .bigInteger(let digits): .double(Double(digits) ?? .infinity)
        case .double(let number): .double(number)
        case .string(let text), .date(_, of: let text): .string(text)
        default: .null
        }
    }
}
