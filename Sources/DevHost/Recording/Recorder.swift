import EventLoop
import Files
import FoundationEssentials
import FunctionsModel

/// Keeps what the host sends to its handler in a folder, one file for each call, so that `luafunc invoke --data` can
/// send it again. Only its owner can read the folder, git ignores it, and so `pack` leaves it out.
///
/// A failure is a warning: it never fails an invocation.
@MainLoop
final class Recorder {
    /// The number of files that the folder may have.
    private static let limit = 1000
    /// The size of the largest call that is kept, in bytes.
    static let sizeLimit = 16 << 20

    private let folder: String
    private let tell: @MainLoop (HostEvent) -> Void
    private var count: Int
    private var hasWarned = false

    /// Throws if the folder cannot be written, or has files that are no recordings: git would ignore these too.
    init(_ path: String, tell: @escaping @MainLoop (HostEvent) -> Void) throws(DevHost.Failure) {
        folder = Path.standardized(path)
        self.tell = tell
        do {
            let ignored = Path.join(folder, ".gitignore")
            let names = File.exists(folder) ? try Folder.names(in: folder) : []
            let isMarked = (try? File.read(ignored, limit: 1 << 10)) == Array("*\n".utf8)
            guard names.isEmpty || isMarked else {
                throw DevHost.Failure(
                    description: "\(path) has other files than recordings, which git and pack would leave out; name a "
                        + "new folder with --record")
            }
            try Folder.make(folder, permissions: 0o700)
            if !isMarked { try File.write("*\n", to: ignored, permissions: 0o600, isSynced: false) }
            count = names.count { $0.hasSuffix(".json") }
        } catch let failure as DevHost.Failure {
            throw failure
        } catch {
            let reason = (error as? FileError)?.reason ?? "\(error)"
            throw DevHost.Failure(description: "nothing can be recorded in \(path): \(reason)")
        }
    }

    func keep(_ call: PayloadCall) {
        guard call.body.count <= Self.sizeLimit else { return skip(call.function) }
        let function = call.function
        let body = function.isHTTP ? SecretMask.payload(call.body, trigger: function.trigger?.name ?? "") : call.body
        if let body { write(body, of: function) } else { skip(function) }
    }

    func keep(_ request: RecordedRequest, to function: Function) {
        guard request.request.body.count <= Self.sizeLimit else { return skip(function) }
        write(request.file, of: function)
    }

    func skip(_ function: Function) {
        warn("a call of \(function.name) is not recorded: it has more than \(ByteCount.text(Self.sizeLimit))")
    }

    private func write(_ bytes: [UInt8], of function: Function) {
        guard count < Self.limit else {
            return warn(
                "\(folder) has \(Self.limit) recordings; no more are kept until you remove some and start again")
        }
        let time = DotNetDateTime(Date(), .utc).isoText.prefix(19).filter { $0 != "-" && $0 != ":" }
        do throws(FileError) {
            var name: String
            repeat {
                count += 1
                name = "\(function.name)-\(time)-\(String("000\(count)".suffix(4))).json"
            } while File.exists(Path.join(folder, name))
            try File.write(bytes.span.bytes, to: Path.join(folder, name), permissions: 0o600, isSynced: false)
        } catch {
            warn("calls are not recorded in \(folder): \(error.reason)")
        }
    }

    /// Warns once: the calls after it have the same problem.
    private func warn(_ text: String) {
        guard !hasWarned else { return }
        hasWarned = true
        tell(.warning(text))
    }
}
