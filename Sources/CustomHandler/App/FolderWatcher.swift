import Glibc
public import NIOCore
import NIOPosix
import SystemPackage

/// Tells of changes in folders: the kernel reports them (inotify), so that waiting costs nothing.
public struct FolderWatcher {
    /// One element at first, for what was saved before anybody watched, and one for each burst of changes, soon after its
    /// last one.
    public let changes: AsyncStream<Void>
    private let channel: any Channel

    /// Throws where the system has no more room for watches.
    ///
    /// - Parameter folders: absolute paths; asked for again after each burst, since folders may be new.
    public init(eventLoop: any EventLoop, folders: @escaping @Sendable () -> [String]) async throws {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        let (changes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.changes = changes
        let folders = WatchedFolders(all: folders, descriptor: descriptor)
        guard folders.watch() else { throw Errno.noSpace }
        channel = try await NIOPipeBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ChangeHandler(folders, continuation))
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor).get()
    }

    public func stop() { channel.close(promise: nil) }
}

/// The folders in which a change matters.
private struct WatchedFolders: Sendable {
    let all: @Sendable () -> [String]
    let descriptor: CInt

    /// `IN_MODIFY` makes a burst go on while a file is written: one that was just cut to nothing is no save.
    private static let events =
        IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB

    /// Watches every folder there is now; one that is watched already stays so. Answers false where the system has no
    /// more room for watches.
    @discardableResult
    func watch() -> Bool {
        all().allSatisfy { folder in
            inotify_add_watch(descriptor, folder, UInt32(Self.events)) >= 0 || errno != ENOSPC
        }
    }
}

/// Waits until a burst of changes is over, as a checkout makes many.
private final class ChangeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let folders: WatchedFolders
    private let continuation: AsyncStream<Void>.Continuation
    private var timer: Scheduled<Void>?
    private var began: NIODeadline?
    /// Files that were written to and not closed yet. One may just have been cut to nothing, to be written anew.
    private var unfinished: Set<String> = []

    private static let pause = TimeAmount.milliseconds(15)
    private static let longest = TimeAmount.milliseconds(100)
    /// For files that somebody keeps open.
    private static let longestUnfinished = TimeAmount.seconds(1)

    init(_ folders: WatchedFolders, _ continuation: AsyncStream<Void>.Continuation) {
        self.folders = folders
        self.continuation = continuation
    }

    func channelActive(context: ChannelHandlerContext) {
        wait(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var events = unwrapInboundIn(data)
        // inotify(7): watch, what happened, a cookie, and the length of the name that follows.
        while let (watch, mask, _, length) = events.readMultipleIntegers(
            endianness: .host, as: (Int32, UInt32, UInt32, UInt32).self),
            let name = events.readString(length: Int(length))
        {
            let file = "\(watch) \(name)"
            if mask & UInt32(IN_MODIFY) != 0 { unfinished.insert(file) } else { unfinished.remove(file) }
        }
        wait(context)
    }

    private func wait(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        let began = began ?? now
        self.began = began
        timer?.cancel()
        let end = unfinished.isEmpty ? min(now + Self.pause, began + Self.longest) : began + Self.longestUnfinished
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: end) { [self] in
            self.began = nil
            unfinished = []
            // What is in a folder that is new is read after it is watched, so that no save is missed.
            folders.watch()
            continuation.yield()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        continuation.finish()
        context.fireChannelInactive()
    }
}
