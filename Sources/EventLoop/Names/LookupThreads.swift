internal import CUV
internal import Glibc
internal import Synchronization

/// Threads that wait for name servers.
///
/// libuv's pool is not used because it does two lookups at a time: four names whose servers did not answer delayed the
/// lookup of `localhost` by 20 s. A thread ends when no request waits.
final class LookupThreads: Sendable {
    static let shared = LookupThreads(LookupQueue(threadLimit: 32, groupLimit: 4), lookUp: askSystem)

    private let queue: Mutex<LookupQueue>
    private let lastID = Atomic<UInt64>(0)
    private let lookUp: @Sendable (String) -> Result<[IPAddress], ResolverError>

    init(_ queue: LookupQueue, lookUp: @escaping @Sendable (String) -> Result<[IPAddress], ResolverError>) {
        self.queue = Mutex(queue)
        self.lookUp = lookUp
    }

    func newID() -> UInt64 { lastID.add(1, ordering: .relaxed).newValue }

    func look(_ request: LookupRequest) {
        guard queue.withLock({ $0.begin(request) }) else { return }
        do throws(StreamError) {
            // glibc's resolver keeps most of its data on the stack.
            try Thread.start(named: "resolver", stackSize: 512 << 10) { [self] in work(request) }
        } catch {
            for request in queue.withLock({ $0.failedToBegin(request) }) {
                request.answer(.failure(.failed(request.name, reason: error.description)))
            }
        }
    }

    func forget(_ id: UInt64) { queue.withLock { $0.remove(id) } }

    private func work(_ request: LookupRequest) {
        // This thread blocks all signals, so that the system delivers them to a thread that handles them.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        var next: LookupRequest? = request
        while let current = next {
            current.answer(lookUp(current.name))
            next = queue.withLock { $0.next(after: current) }
        }
    }

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
