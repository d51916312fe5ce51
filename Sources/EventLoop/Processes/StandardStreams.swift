internal import CUV
internal import Glibc

/// The three standard streams for a new process, and our ends of those that are pipes.
struct StandardStreams {
    enum Kind {
        case null, inherited
        /// libuv's own pipes are sockets, in which `> /dev/stdout` fails.
        case pipe
    }

    /// The process's descriptors 0, 1 and 2.
    private(set) var theirs: [Int32] = []
    /// nil for streams that are no pipes.
    private(set) var ours: [Int32?] = []
    /// Those of `theirs` that were opened here.
    private var opened: [Int32] = []

    init(input: Kind, output: Kind, errors: Kind) throws(ChildProcessError.Reason) {
        do throws(StreamError) {
            for kind in [input, output, errors] { try add(kind) }
        } catch {
            closeTheirs()
            closeOurs()
            throw .system(error.code)
        }
    }

    private mutating func add(_ kind: Kind) throws(StreamError) {
        let number = Int32(theirs.count)
        switch kind {
        case .inherited where fcntl(number, F_GETFD) != -1:
            theirs.append(number)
            ours.append(nil)
        case .null, .inherited:
            // Also if the parent itself was started without the stream.
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            guard null >= 0 else { throw .system(errno) }
            theirs.append(null)
            opened.append(null)
            ours.append(nil)
        case .pipe:
            let pipe = try Pipe()
            let (their, our) = number == 0 ? (pipe.reading, pipe.writing) : (pipe.writing, pipe.reading)
            theirs.append(their)
            opened.append(their)
            ours.append(our)
        }
    }

    /// Call it once the process has its copies. A pipe whose writing end stays open here would never end.
    mutating func closeTheirs() {
        for descriptor in opened { close(descriptor) }
        opened = []
    }

    func closeOurs() {
        for case let descriptor? in ours { close(descriptor) }
    }
}

extension StreamError {
    /// errno's number.
    var code: Int32 { if case .system(let code) = self { code } else { EIO } }
}
