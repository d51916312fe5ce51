extension RouteTemplate {
    /// The values of the parameters in a path; nil if a constraint or a mixed segment refuses the path.
    ///
    /// It does not compare literals, because ``RouteIndex`` has done so.
    func values(in path: Span<UInt8>) throws(RefusedPattern) -> [(name: String, value: String?)]? {
        var values: [(name: String, value: String?)] = []
        var start = 1
        for segment in segments {
            var end = start
            while end < path.count, path[end] != RequestPath.slash { end += 1 }
            let isThere = start < path.count
            switch segment {
            case .literal: break
            case .parameter(let parameter):
                guard try parameter.bind(isThere ? start..<end : nil, of: path, &values) else { return nil }
            case .mixed(let parts):
                let text = path.extracting(start..<end)
                guard let ranges = MixedSegment.match(parts, text) else { return nil }
                for (part, range) in zip(parts, ranges) {
                    guard case .parameter(let parameter) = part else { continue }
                    guard try parameter.bind(range, of: text, &values) else { return nil }
                }
            case .catchAll(let parameter):
                guard try parameter.bind(isThere ? start..<path.count : nil, of: path, &values) else { return nil }
            }
            start = end + 1
        }
        return values
    }
}

extension RouteParameter {
    /// Adds the value, or the default if the value is missing. Returns false if a constraint refuses it.
    fileprivate func bind(
        _ range: Range<Int>?, of path: Span<UInt8>, _ values: inout [(name: String, value: String?)]
    ) throws(RefusedPattern) -> Bool {
        guard let range else {
            guard try acceptsAbsence() else { return false }
            values.append((name, defaultValue))
            return true
        }
        let value = path.extracting(range)
        guard try accepts(value) else { return false }
        values.append((name, value.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }))
        return true
    }
}
