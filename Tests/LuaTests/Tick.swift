import Glibc
import Testing

@testable import Lua

/// Ends time slices where a test wants it.
enum Tick {
    /// Lets ticks come on the calling thread, but starts no timer, which would also tick in tests that run on this thread
    /// later.
    static func prepare() throws { try #require(Preemption.start(slice: 0)) }

    static func come() { pthread_kill(pthread_self(), SIGURG) }
}
