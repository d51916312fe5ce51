internal import CUV
internal import Glibc

/// A pipe whose ends a child inherits only if they are passed to it.
struct Pipe {
    let reading: Int32
    let writing: Int32

    init() throws(StreamError) {
        var ends: [Int32] = [0, 0]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw .system(errno) }
        reading = ends[0]
        writing = ends[1]
    }
}
