/// Finds the objects of a JSON text, and sorts the members of each by the bytes of their names.
///
/// The text must be one that `JSONText` has written. The work is cut into steps.
struct JSONMemberIndex {
    /// The offsets of the members' names, object after object.
    private(set) var members: [Int] = []
    /// The objects with several members, by the offsets at which they begin.
    private var objects: [Object] = []
    private var cursor = 0
    private var stage = Stage.reading
    /// The open containers, outermost first, and the offsets of the names of those of them that are objects.
    private var open: [Open] = []
    private var openMembers: [Int] = []
    private var isInString = false
    /// The object that is being sorted.
    private var sorting = 0
    private var heap: Heap?

    private enum Stage { case reading, sorting, done }

    private struct Object {
        let start: Int
        var end = 0
        var members = 0..<0
    }

    private struct Open {
        let isObject: Bool
        /// The position in `objects`.
        let object: Int
        /// The number of open members before this container's own.
        let before: Int
    }

    /// In bytes.
    var size: Int {
        MemoryLayout<Int>.stride * (members.capacity + openMembers.capacity)
            + MemoryLayout<Object>.stride * objects.capacity
    }

    /// The positions in `members` of the members of the object that begins at `offset`, and the offset of the byte
    /// after the object. nil if the object has fewer than two members.
    func object(at offset: Int) -> (members: Range<Int>, end: Int)? {
        var low = 0
        var high = objects.count
        while low < high {
            let middle = (low + high) / 2
            if objects[middle].start < offset { low = middle + 1 } else { high = middle }
        }
        guard low < objects.count, objects[low].start == offset, !objects[low].members.isEmpty else { return nil }
        return (objects[low].members, objects[low].end)
    }

    /// Continues for about as long as it takes to read this many bytes. Returns false if there is more to do.
    mutating func advance(_ text: RawSpan, by bytes: Int) -> Bool {
        if stage == .done { return true }
        // The pointer is used only inside the closure.
        return text.withUnsafeBytes { raw in
            let text = raw.assumingMemoryBound(to: UInt8.self)
            if stage == .reading { return read(text, by: bytes) }
            return sort(text, by: bytes)
        }
    }

    // MARK: Objects

    private mutating func read(_ text: UnsafeBufferPointer<UInt8>, by bytes: Int) -> Bool {
        let stop = min(text.count, cursor + bytes)
        while cursor < stop {
            if isInString {
                let (end, isWhole) = Self.endOfString(text, from: cursor)
                cursor = end
                isInString = !isWhole
                continue
            }
            let byte = text[cursor]
            switch byte {
            case UInt8(ascii: "\""):
                isInString = true
                if cursor > 0, open.last?.isObject == true,
                    text[cursor - 1] == UInt8(ascii: "{") || text[cursor - 1] == UInt8(ascii: ",")
                {
                    openMembers.append(cursor)
                }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                let isObject = byte == UInt8(ascii: "{")
                open.append(Open(isObject: isObject, object: objects.count, before: openMembers.count))
                if isObject { objects.append(Object(start: cursor)) }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if let container = open.popLast(), container.isObject { close(container) }
            default: break
            }
            cursor += 1
        }
        if cursor == text.count { stage = .sorting }
        return false
    }

    private mutating func close(_ container: Open) {
        let count = openMembers.count - container.before
        if count > 1 {
            objects[container.object].end = cursor + 1
            objects[container.object].members = members.count..<members.count + count
            members += openMembers[container.before...]
        } else if container.object == objects.count - 1 {
            objects.removeLast()
        }
        openMembers.removeLast(count)
    }

    /// The offset after the end of the string that the cursor is in, or of a piece of it.
    static func endOfString(_ text: UnsafeBufferPointer<UInt8>, from cursor: Int) -> (end: Int, isWhole: Bool) {
        var cursor = cursor
        let stop = min(text.count, cursor + (4 << 10))
        while cursor < stop {
            if text[cursor] == UInt8(ascii: "\"") { return (cursor + 1, true) }
            cursor += text[cursor] == UInt8(ascii: "\\") ? 2 : 1
        }
        return (cursor, false)
    }

    // MARK: Order

    /// A heap sort, because it can stop between any two steps and needs no memory.
    private struct Heap {
        let first: Int
        /// The number of elements that are not in their final place yet.
        var count: Int
        /// The next element to sink while the heap is made.
        var next: Int

        init(_ range: Range<Int>) {
            first = range.lowerBound
            count = range.count
            next = range.count / 2
        }
    }

    private mutating func sort(_ text: UnsafeBufferPointer<UInt8>, by bytes: Int) -> Bool {
        var left = bytes
        while left > 0 {
            guard sorting < objects.count else {
                stage = .done
                return true
            }
            var heap = heap ?? Heap(objects[sorting].members)
            if heap.next > 0 {
                heap.next -= 1
                sink(heap.next, of: heap, text, &left)
            } else if heap.count > 1 {
                heap.count -= 1
                members.swapAt(heap.first, heap.first + heap.count)
                sink(0, of: heap, text, &left)
            }
            let isSorted = heap.next == 0 && heap.count < 2
            self.heap = isSorted ? nil : heap
            if isSorted { sorting += 1 }
            left -= 8
        }
        return false
    }

    /// Moves an element down the heap until no element below it is larger.
    private mutating func sink(
        _ position: Int, of heap: Heap, _ text: UnsafeBufferPointer<UInt8>, _ left: inout Int
    ) {
        var position = position
        while 2 * position + 1 < heap.count {
            var child = 2 * position + 1
            let place = heap.first + child
            if child + 1 < heap.count, isOrdered(members[place], members[place + 1], text, &left) { child += 1 }
            guard isOrdered(members[heap.first + position], members[heap.first + child], text, &left) else { return }
            members.swapAt(heap.first + position, heap.first + child)
            position = child
        }
    }

    /// Whether the name at `first` comes before the name at `second`.
    private func isOrdered(
        _ first: Int, _ second: Int, _ text: UnsafeBufferPointer<UInt8>, _ left: inout Int
    ) -> Bool {
        var (first, second) = (first + 1, second + 1)
        while true {
            left -= 2
            guard let one = Self.byte(text, &first) else { return Self.byte(text, &second) != nil }
            guard let other = Self.byte(text, &second) else { return false }
            if one != other { return one < other }
        }
    }

    /// The next byte of a string, without its escape; nil at its end.
    private static func byte(_ text: UnsafeBufferPointer<UInt8>, _ cursor: inout Int) -> UInt8? {
        let byte = text[cursor]
        if byte == UInt8(ascii: "\"") { return nil }
        cursor += 1
        guard byte == UInt8(ascii: "\\") else { return byte }
        let letter = text[cursor]
        cursor += 1
        switch letter {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "n"): return 0x0a
        case UInt8(ascii: "f"): return 0x0c
        case UInt8(ascii: "r"): return 0x0d
        case UInt8(ascii: "u"):
            // The writer escapes only single bytes.
            let digits = text[cursor + 2..<cursor + 4]
            cursor += 4
            return digits.reduce(0) { $0 << 4 | ($1 <= UInt8(ascii: "9") ? $1 & 15 : ($1 & 15) + 9) }
        default: return letter
        }
    }
}
