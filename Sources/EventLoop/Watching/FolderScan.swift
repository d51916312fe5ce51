internal import Glibc

/// Takes pictures of folders, each on its own thread, because a network file system may take arbitrarily long to
/// answer.
final class FolderScan {
    private let loop: EventLoop
    private let folders: @Sendable () -> [String]
    /// Receives the picture from the thread. Closing the reader abandons the look.
    private var reader: PipeReader?

    init(_ loop: EventLoop, _ folders: @escaping @Sendable () -> [String]) {
        self.loop = loop
        self.folders = folders
    }

    var isUnderWay: Bool { reader != nil }

    /// - Parameter seen: called later, but not after `close`. It gets nil if no thread or descriptor is left.
    func begin(seen: @escaping (FolderSnapshot?) -> Void) {
        close()
        guard let pipe = try? Pipe() else { return loop.perform { seen(nil) } }
        var answer: [UInt8] = []
        reader = PipeReader(loop, descriptor: pipe.reading) { bytes in
            bytes.withUnsafeBytes { answer += $0 }
        } ended: { [self] in
            reader = nil
            seen(FolderSnapshot(bytes: answer))
        }
        let (folders, writingEnd) = (folders, pipe.writing)
        do throws(StreamError) {
            try Thread.start(named: "folder look") {
                // Eight bytes always fit into an empty pipe, so `write` does not block. It fails if the reader is gone,
                // which is fine.
                let picture = FolderSnapshot(of: folders()).bytes
                picture.withUnsafeBytes { _ = write(writingEnd, $0.baseAddress, $0.count) }
                _ = Glibc.close(writingEnd)
            }
        } catch {
            // The reader then sees the end of the pipe, and calls `seen` with nil.
            _ = Glibc.close(writingEnd)
        }
    }

    func close() {
        reader?.close()
        reader = nil
    }
}
