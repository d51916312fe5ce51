public import Foundation
import Synchronization

private let lock = Mutex(())

extension Process {
    /// Starts it while no other starts. Foundation sees the end of a process by a socket that is closed with it, which one
    /// that starts at the same moment inherits: if that is a server that runs until the tests end, the end is never seen.
    public func start() throws { try lock.withLock { _ in try run() } }
}
