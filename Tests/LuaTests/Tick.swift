import Glibc
import Testing

@testable import Lua

/// Ends time slices where a test wants it.
enum Tick {
    /// Enables ticks on the calling thread. It starts no timer, because that would also tick in later tests on this
    /// thread.
    static func prepare() throws { try #require(Preemption.start(slice: 0)) }

    static func come() { pthread_kill(pthread_self(), SIGURG) }
}
