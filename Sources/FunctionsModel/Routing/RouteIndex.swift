/// The routes as a tree of segments, so that a path is compared only with routes that resemble it.
///
/// A node has one child for each literal, and a single child for all parameters and mixed segments, whose own
/// conditions are checked when a route ends there. A search therefore visits at most two children of a node, each node
/// at most once and each route at most once. For any path that an attacker sends, the work never exceeds that of trying
/// all routes one after another, as the host does. It comes close to that only if an app has thousands of routes that
/// differ only in their constraints or mixed segments.
struct RouteIndex: Sendable {
    struct Node: Sendable {
        /// The lowest number of a route at or below this node. A search that has found a lower number does not visit
        /// the node.
        let first: Int
        /// The child for parameters and mixed segments.
        var any: Int?
        /// The routes that may end here, in their order.
        var ends: [Int] = []
        /// The routes whose catch-all parameter begins here, in their order.
        var rests: [Int] = []
    }

    private struct Edge: Sendable {
        let parent: Int
        let child: Int
        let text: Range<Int>
    }

    private(set) var nodes: [Node] = []
    private var edges: [Edge] = []
    /// The folded literals of all edges, one after the other.
    private var letters: [UInt8] = []
    /// A hash table with open addressing: the numbers of edges, -1 for an empty slot. Only the app's own routes fill
    /// it, so no request can make it degenerate. The number of slots is a power of two, at least twice that of edges.
    private var slots: [Int32] = []

    init(_ templates: [RouteTemplate]) {
        var children: [Key: Int] = [:]
        for (route, template) in templates.enumerated() { add(template, route, &children) }
        var count = 2
        while count < children.count * 2 { count *= 2 }
        slots = Array(repeating: -1, count: count)
        edges.reserveCapacity(children.count)
        for (key, child) in children {
            let start = letters.count
            letters.append(contentsOf: key.literal)
            edges.append(Edge(parent: key.parent, child: child, text: start..<letters.count))
            var hash = SegmentHash(node: key.parent)
            for byte in key.literal { hash.add(byte) }
            var slot = hash.slot(of: count)
            while slots[slot] >= 0 { slot = (slot + 1) & (count - 1) }
            slots[slot] = Int32(edges.count - 1)
        }
    }

    private struct Key: Hashable {
        let parent: Int
        let literal: [UInt8]
    }

    private mutating func add(_ template: RouteTemplate, _ route: Int, _ children: inout [Key: Int]) {
        if nodes.isEmpty { nodes.append(Node(first: route)) }
        var node = 0
        for (depth, segment) in template.segments.enumerated() {
            if case .catchAll = segment {
                nodes[node].rests.append(route)
                return
            }
            if depth >= template.leastCount { nodes[node].ends.append(route) }
            let next: Int
            if case .literal(let literal) = segment {
                let key = Key(parent: node, literal: FoldedText(literal).folded)
                next = children[key] ?? nodes.count
                children[key] = next
            } else {
                next = nodes[node].any ?? nodes.count
                nodes[node].any = next
            }
            if next == nodes.count { nodes.append(Node(first: route)) }
            node = next
        }
        nodes[node].ends.append(route)
    }

    /// The child of `node` for a literal, and the end of the segment that begins at `start`.
    func child(of node: Int, in path: Span<UInt8>, from start: Int) -> (child: Int?, end: Int) {
        var hash = SegmentHash(node: node)
        var end = start
        var isASCII = true
        while end < path.count {
            let byte = path[end]
            if byte == RequestPath.slash { break }
            if byte >= 0x80 { isASCII = false }
            hash.add(OrdinalCase.lowered(byte))
            end += 1
        }
        let segment = path.extracting(start..<end)
        if isASCII { return (find(segment, hash, of: node) { OrdinalCase.lowered($0) }, end) }
        let folded = OrdinalCase.fold(segment)
        hash = SegmentHash(node: node)
        for byte in folded { hash.add(byte) }
        return (find(folded.span, hash, of: node) { $0 }, end)
    }

    @inline(__always)
    private func find(
        _ segment: Span<UInt8>, _ hash: SegmentHash, of node: Int, folding: (UInt8) -> UInt8
    ) -> Int? {
        var slot = hash.slot(of: slots.count)
        search: while slots[slot] >= 0 {
            let edge = edges[Int(slots[slot])]
            slot = (slot + 1) & (slots.count - 1)
            guard edge.parent == node, edge.text.count == segment.count else { continue }
            for index in segment.indices where folding(segment[index]) != letters[edge.text.lowerBound + index] {
                continue search
            }
            return edge.child
        }
        return nil
    }
}

/// FNV-1a over the node and the segment.
private struct SegmentHash {
    private var value: UInt64

    init(node: Int) { value = 0xcbf2_9ce4_8422_2325 ^ UInt64(node) &* 0x9e37_79b9_7f4a_7c15 }

    mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }

    /// `count` is a power of two.
    func slot(of count: Int) -> Int { Int(truncatingIfNeeded: value ^ value >> 32) & (count - 1) }
}
