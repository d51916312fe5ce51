/// Resolves names to addresses as the system does: /etc/hosts, then the name servers.
public enum Resolver {
    /// - Parameters:
    ///   - group: the group that the lookup counts for. Each group has a few threads at a time, so that its dead names
    ///     delay no other group.
    ///   - done: called once, on the loop, never before this returns, with at least one address.
    @discardableResult
    public static func resolve(
        _ name: String, port: UInt16, group: String = "", on loop: EventLoop,
        done: @escaping (Result<[SocketAddress], ResolverError>) -> Void
    ) -> Lookup {
        resolve(name, group, on: loop, threads: .shared) { addresses in
            done(addresses.map { $0.map { SocketAddress($0, port: port) } })
        }
    }

    static func resolve(
        _ name: String, _ group: String, on loop: EventLoop, threads: LookupThreads,
        done: @escaping (Result<[IPAddress], ResolverError>) -> Void
    ) -> Lookup {
        let lookup = Lookup(loop, threads)
        loop.lookups[lookup.id] = done
        if let known = known(name) {
            loop.perform { loop.endLookup(lookup.id, known) }
        } else {
            let id = lookup.id
            threads.look(
                LookupRequest(id: id, name: name, group: group) { result in
                    loop.submit { loop.endLookup(id, result) }
                })
        }
        return lookup
    }

    /// The answer for names that need no thread. `localhost` is IPv4 first, where most local servers listen.
    private static func known(_ name: String) -> Result<[IPAddress], ResolverError>? {
        if let address = IPAddress(name) { return .success([address]) }
        if ["localhost", "localhost."].contains(name.lowercased()) { return .success([.loopback, .loopbackIPv6]) }
        // C would read the name only up to the zero; DNS has no longer names.
        if name.isEmpty || name.utf8.count > 254 || name.utf8.contains(0) { return .failure(.unknown(name)) }
        return nil
    }

    /// A pending lookup.
    public final class Lookup {
        let id: UInt64
        private let loop: EventLoop
        private let threads: LookupThreads

        init(_ loop: EventLoop, _ threads: LookupThreads) {
            self.loop = loop
            self.threads = threads
            id = threads.newID()
        }

        /// Prevents the call of `done`. A lookup that has begun cannot be stopped; it ends by itself.
        public func cancel() {
            loop.lookups[id] = nil
            threads.forget(id)
        }
    }
}

extension EventLoop {
    fileprivate func endLookup(_ id: UInt64, _ result: Result<[IPAddress], ResolverError>) {
        lookups.removeValue(forKey: id)?(result)
    }
}
