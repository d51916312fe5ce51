internal import CUV
internal import Glibc

/// Threads that wait for name servers.
final class LookupThreads: Sendable {
    static let shared = LookupThreads(ThreadQueue(threadLimit: 32, groupLimit: 4), lookUp: askSystem)

    private let threads: BlockingThreads
    private let lookUp: @Sendable (String) -> Result<[IPAddress], ResolverError>

    init(_ queue: ThreadQueue, lookUp: @escaping @Sendable (String) -> Result<[IPAddress], ResolverError>) {
        // glibc's resolver keeps most of its data on the stack.
        threads = BlockingThreads(named: "resolver", stackSize: 512 << 10, queue)
        self.lookUp = lookUp
    }

    func newID() -> UInt64 { threads.newID() }

    func look(
        _ id: UInt64, _ name: String, group: String,
        answer: @escaping @Sendable (Result<[IPAddress], ResolverError>) -> Void
    ) {
        threads.run(id, group: group) { [lookUp] in
            answer(lookUp(name))
        } failed: {
            answer(.failure(.failed(name, reason: $0.description)))
        }
    }

    func forget(_ id: UInt64) { threads.forget(id) }

    // MARK: The system

    private static let looksInFilesAndDNS: Void = cuv_lookinfilesanddns()

    /// Blocks the calling thread, for up to half a minute if no name server answers.
    private static func askSystem(_ name: String) -> Result<[IPAddress], ResolverError> {
        looksInFilesAndDNS
        // The flag AI_ADDRCONFIG would leave out a family of which this machine has no address. It is not set, because
        // it ignores loopback addresses, and a connection to an unreachable family fails at once anyway.
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &list)
        guard code == 0 else { return .failure(failure(code, name)) }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var entry = list
        while let current = entry {
            if let system = current.pointee.ai_addr, let address = SocketAddress(system)?.address,
                !addresses.contains(address)
            {
                addresses.append(address)
            }
            entry = current.pointee.ai_next
        }
        return addresses.isEmpty ? .failure(.unknown(name)) : .success(addresses)
    }

    private static func failure(_ code: Int32, _ name: String) -> ResolverError {
        // Swift does not import these two constants of glibc. They mean that the name has no address, or none of the
        // requested families.
        let noData: Int32 = -5
        let noAddressOfFamily: Int32 = -9
        switch code {
        case EAI_NONAME, noData, noAddressOfFamily: return .unknown(name)
        case EAI_SYSTEM: return .failed(name, reason: String(cString: strerror(errno)))
        default: return .failed(name, reason: String(cString: gai_strerror(code)))
        }
    }
}
