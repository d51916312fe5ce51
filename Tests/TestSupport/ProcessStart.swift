public import Foundation
import Synchronization

private let lock = Mutex(())

extension Process {
    /// Starts the process while no other one starts. Foundation notices the end of a process by a socket that is closed
    /// with it. A process that starts at the same moment inherits this socket; if that one runs until the tests end,
    /// the end of the first is never noticed.
    public func start() throws { try lock.withLock { _ in try run() } }
}
