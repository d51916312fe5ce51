internal import Glibc

/// Takes pictures of folders, each on its own thread: a network file system may take any time to answer.
final class FolderLook {
    private let loop: EventLoop
    private let folders: @Sendable () -> [String]
    /// Carries the picture from the thread. Closing it abandons a look.
    private var reader: PipeReader?

    init(_ loop: EventLoop, _ folders: @escaping @Sendable () -> [String]) {
        self.loop = loop
        self.folders = folders
    }

    var isUnderWay: Bool { reader != nil }

    /// - Parameter seen: called later, and not after `close`; gets nil if there is no thread or descriptor left.
    func begin(seen: @escaping (FolderPicture?) -> Void) {
        close()
        guard let pipe = try? Pipe() else { return loop.perform { seen(nil) } }
        var answer: [UInt8] = []
        reader = PipeReader(loop, descriptor: pipe.reading) { bytes in
            bytes.withUnsafeBytes { answer += $0 }
        } ended: { [self] in
            reader = nil
            seen(FolderPicture(bytes: answer))
        }
        let (folders, writingEnd) = (folders, pipe.writing)
        do throws(StreamError) {
            try Thread.start(named: "folder look") {
                // So few bytes always fit into an empty pipe. The reader may be gone.
                let picture = FolderPicture(of: folders()).bytes
                picture.withUnsafeBytes { _ = write(writingEnd, $0.baseAddress, $0.count) }
                _ = Glibc.close(writingEnd)
            }
        } catch {
            // The reader sees the end of the pipe.
            _ = Glibc.close(writingEnd)
        }
    }

    func close() {
        reader?.close()
        reader = nil
    }
}
