import CYAML

/// A YAML document as libyaml reads it. The tests do not need anchors and tags.
enum YAML: Equatable {
    case scalar(String)
    case sequence([YAML])
    /// The members, in the order of the text.
    case mapping([Member])

    struct Member: Equatable {
        let name: String
        let value: YAML
    }

    struct Invalid: Error {
        let problem: String
        let line: Int
    }

    /// The documents of a text.
    static func documents(_ text: String) throws -> [YAML] {
        let bytes = Array(text.utf8)
        return try bytes.withUnsafeBufferPointer { bytes in
            var parser = yaml_parser_t()
            yaml_parser_initialize(&parser)
            defer { yaml_parser_delete(&parser) }
            yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
            var documents: [YAML] = []
            while true {
                var document = yaml_document_t()
                guard yaml_parser_load(&parser, &document) == 1 else {
                    throw Invalid(
                        problem: parser.problem.map { String(cString: $0) } ?? "", line: parser.problem_mark.line + 1)
                }
                defer { yaml_document_delete(&document) }
                guard let root = yaml_document_get_root_node(&document) else { return documents }
                documents.append(YAML(root.pointee, of: &document))
            }
        }
    }

    private init(_ node: yaml_node_t, of document: inout yaml_document_t) {
        switch node.type {
        case YAML_SEQUENCE_NODE:
            let items = node.data.sequence.items
            var values: [YAML] = []
            var item = items.start
            while let place = item, place != items.top {
                if let node = yaml_document_get_node(&document, place.pointee) {
                    values.append(YAML(node.pointee, of: &document))
                }
                item = place + 1
            }
            self = .sequence(values)
        case YAML_MAPPING_NODE:
            let pairs = node.data.mapping.pairs
            var members: [Member] = []
            var pair = pairs.start
            while let place = pair, place != pairs.top {
                if let key = yaml_document_get_node(&document, place.pointee.key),
                    let value = yaml_document_get_node(&document, place.pointee.value)
                {
                    let name = YAML(key.pointee, of: &document).string ?? ""
                    members.append(Member(name: name, value: YAML(value.pointee, of: &document)))
                }
                pair = place + 1
            }
            self = .mapping(members)
        default:
            let scalar = node.data.scalar
            self = .scalar(
                String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self))
        }
    }

    // MARK: Looking into it

    var string: String? { if case .scalar(let text) = self { text } else { nil } }
    var int: Int? { string.flatMap { Int($0) } }

    /// The elements; empty if this is not a sequence.
    var array: [YAML] { if case .sequence(let values) = self { values } else { [] } }

    subscript(name: String) -> YAML? {
        guard case .mapping(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The value at a path of names and of numbers as texts: `at("ports", "0", "name")`.
    func at(_ path: String...) -> YAML? {
        path.reduce(self as YAML?) { node, step in
            if let node, case .sequence(let values) = node {
                Int(step).flatMap { values.indices.contains($0) ? values[$0] : nil }
            } else {
                node?[step]
            }
        }
    }
}
