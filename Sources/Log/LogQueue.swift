/// Which standard stream a line goes to: the host takes its level from it (host-contract §11).
public enum LogStream: Sendable {
    case output, errors
}

/// The lines that wait for the writing thread, in order.
struct LogQueue {
    private(set) var bytes: [UInt8] = []
    private(set) var lines: [(stream: LogStream, count: Int)] = []
    /// How many lines found no room, and how the last of them looked.
    private(set) var lost: (count: Int, format: LogFormat) = (0, .text)
    let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    var isEmpty: Bool { lines.isEmpty }

    /// A line that finds no room is lost and counted. Where nothing waits, a line may be longer than the capacity.
    mutating func append(_ line: [UInt8], to stream: LogStream, format: LogFormat) {
        guard isEmpty || line.count <= capacity - bytes.count else {
            lost = (lost.count + 1, format)
            return
        }
        bytes += line
        lines.append((stream, line.count))
    }

    /// Moves the lines into `batch`, which takes this queue's place. If lines were lost since the last time, the queue
    /// begins with a line that says how many: it stands where they would have stood.
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

    /// Keeps the storage, but not that of a burst.
    private mutating func clear() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 64 << 10)
        lines.removeAll(keepingCapacity: lines.capacity <= 1024)
        lost = (0, .text)
    }
}
