/// The standard stream for a line. The host derives the level of the line from it (host-contract §11).
public enum LogStream: Sendable {
    case output, errors
}

/// The lines that wait for the writing thread, in order.
struct LogQueue {
    private(set) var bytes: [UInt8] = []
    private(set) var lines: [(stream: LogStream, count: Int)] = []
    /// The number of dropped lines, and the format of the last one.
    private(set) var lost: (count: Int, format: LogFormat) = (0, .text)
    let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    var isEmpty: Bool { lines.isEmpty }

    /// Appends a line, or drops and counts it if there is no room. An empty queue accepts a line of any length.
    mutating func append(_ line: [UInt8], to stream: LogStream, format: LogFormat) {
        guard isEmpty || line.count <= capacity - bytes.count else {
            lost = (lost.count + 1, format)
            return
        }
        bytes += line
        lines.append((stream, line.count))
    }

    /// Moves the lines into `batch`, and continues with the storage of `batch`. If lines were dropped since the last
    /// call, the queue then begins with a line that tells how many, in the place where they would have been.
    mutating func take(into batch: inout LogQueue) {
        let lost = lost
        batch.clear()
        swap(&self, &batch)
        guard lost.count > 0 else { return }
        let what = lost.count == 1 ? "1 log line was" : "\(lost.count) log lines were"
        let notice = LogLine(
            level: .warning, message: "\(what) dropped: the reader of luafunc's output is too slow", fields: [])
        append(notice.bytes(in: lost.format), to: .errors, format: lost.format)
    }

    /// Removes all lines. Keeps the storage, unless a burst has made it large.
    private mutating func clear() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 64 << 10)
        lines.removeAll(keepingCapacity: lines.capacity <= 1024)
        lost = (0, .text)
    }
}
