internal import CUV
internal import Glibc

/// The three standard streams for a new process, and the parent's ends of those that are pipes.
struct StandardStreams {
    enum Kind {
        case null, inherited
        /// A pipe of the system. libuv's own pipes are sockets; a shell cannot open a socket with `> /dev/stdout`.
        case pipe
    }

    /// The new process's descriptors 0, 1 and 2.
    private(set) var theirs: [Int32] = []
    /// The parent's ends; nil for streams that are not pipes.
    private(set) var ours: [Int32?] = []
    /// The descriptors in `theirs` that this type opened and must close.
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
            // An inherited stream is also /dev/null if the parent itself was started without it.
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

    /// Call this once the new process has its copies. A pipe whose writing end stays open in the parent never ends.
    mutating func closeTheirs() {
        for descriptor in opened { close(descriptor) }
        opened = []
    }

    func closeOurs() {
        for case let descriptor? in ours { close(descriptor) }
    }
}

extension StreamError {
    /// The value of `errno`.
    var code: Int32 { if case .system(let code) = self { code } else { EIO } }
}
