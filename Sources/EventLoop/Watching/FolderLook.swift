internal import Glibc

/// Takes pictures of folders, each on a thread of its own: a file system across a network may take any time to answer.
final class FolderLook {
    private let loop: EventLoop
    private let folders: @Sendable () -> [String]
    /// Carries the picture from the thread. Closing it is all it takes to give up a look that is under way.
    private var reader: PipeReader?

    init(_ loop: EventLoop, _ folders: @escaping @Sendable () -> [String]) {
        self.loop = loop
        self.folders = folders
    }

    var isUnderWay: Bool { reader != nil }

    /// - Parameter seen: called later, and not after `close`; nil where no thread or descriptor was to be had.
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
                // So few bytes always go into an empty pipe whole. Nobody may be there to read them.
                let picture = FolderPicture(of: folders()).bytes
                picture.withUnsafeBytes { _ = write(writingEnd, $0.baseAddress, $0.count) }
                _ = Glibc.close(writingEnd)
            }
        } catch {
            // The reader meets the end.
            _ = Glibc.close(writingEnd)
        }
    }

    func close() {
        reader?.close()
        reader = nil
    }
}
