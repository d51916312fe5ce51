/// Resolves names to addresses as the system does: /etc/hosts, then the name servers.
public enum Resolver {
    /// - Parameters:
    ///   - group: the group whose limit of threads the lookup counts against. The limit keeps names that no server
    ///     answers from delaying the lookups of other groups.
    ///   - done: called once, on the loop, with at least one address or an error. Never called before this returns.
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
            threads.look(id, name, group: group) { result in loop.submit { loop.endLookup(id, result) } }
        }
        return lookup
    }

    /// The result for names that need no lookup. For `localhost` the IPv4 address comes first, because most local
    /// servers listen there.
    private static func known(_ name: String) -> Result<[IPAddress], ResolverError>? {
        if let address = IPAddress(name) { return .success([address]) }
        if ["localhost", "localhost."].contains(name.lowercased()) { return .success([.loopback, .loopbackIPv6]) }
        // DNS names have at most 254 characters, and C would read a name only up to a NUL.
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

        /// Prevents the call of `done`. A lookup that has begun cannot be interrupted; its result is dropped.
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
