internal import Glibc

/// Bytes to be written. They stay at a fixed address, because libuv refers to them while it writes.
struct OutputBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer?
    private var capacity = 0
    private(set) var count = 0

    deinit { free(base) }

    var isEmpty: Bool { count == 0 }
    var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: count) }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        let needed = count + bytes.count
        if needed > capacity {
            let larger = max(needed, capacity * 2)
            guard let moved = realloc(base, larger) else { preconditionFailure("out of memory for \(larger) bytes") }
            base = moved
            capacity = larger
        }
        // There is room: `capacity` is at least `needed`.
        base?.advanced(by: count).copyMemory(from: source, byteCount: bytes.count)
        count = needed
    }

    /// Frees the memory, so that a connection with nothing to write costs nothing.
    mutating func removeAll() {
        free(base)
        base = nil
        capacity = 0
        count = 0
    }
}
