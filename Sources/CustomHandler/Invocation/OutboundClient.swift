import AsyncHTTPClient
import Lua
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOPosix
import NIOSSL
import SystemPackage

/// Makes the HTTP requests of scripts. The client is made when the first script asks for it, so that a start that needs
/// none does not wait for TLS.
final class OutboundClient: Sendable {
    /// The file with the certificates that are trusted; nil for the system's.
    private let trustRoots: String?
    private let state: NIOLockedValueBox<State>

    private struct State {
        var eventLoops: any EventLoopGroup
        /// One that follows redirects and one that does not.
        var clients: [Bool: HTTPClient] = [:]
        /// Of earlier event loops; what they have begun goes on.
        var older: [HTTPClient] = []
    }

    init(eventLoops: any EventLoopGroup, trustRoots: String?) {
        state = NIOLockedValueBox(State(eventLoops: eventLoops))
        self.trustRoots = trustRoots
    }

    /// Uses these for what is asked from now on.
    func use(_ eventLoops: any EventLoopGroup) {
        state.withLockedValue { state in
            state.eventLoops = eventLoops
            state.older += state.clients.values
            state.clients = [:]
        }
    }

    /// What a script gets: a response, or why there is none.
    enum Reply: Sendable {
        case response(status: UInt, headers: HTTPHeaders, body: ByteBuffer)
        case fault(message: String, kind: String)

        func push(onto stack: LuaStack) -> Int {
            switch self {
            case .fault(let message, let kind):
                stack.pushNil()
                stack.push(message)
                stack.push(kind)
                return 3
            case .response(let status, let headers, let body):
                stack.pushTable(hash: 4)
                stack.push(Int64(status))
                stack.setField("status", of: -2)
                stack.push(bytes: body.readableBytesSpan)
                stack.setField("body", of: -2)
                stack.pushTable(array: headers.count)
                for (position, header) in headers.enumerated() {
                    stack.pushTable(array: 2)
                    stack.push(header.name)
                    stack.setElement(1, of: -2)
                    stack.push(header.value)
                    stack.setElement(2, of: -2)
                    stack.setElement(position + 1, of: -2)
                }
                stack.setField("fields", of: -2)
                return 1
            }
        }
    }

    func send(_ outbound: OutboundRequest) async -> Reply {
        do {
            let response = try await client(follows: outbound.follows).execute(
                outbound.request, deadline: .now() + outbound.timeout)
            let body = try await response.body.collect(upTo: outbound.limit)
            return .response(status: response.status.code, headers: response.headers, body: body)
        } catch {
            return fault(error, outbound)
        }
    }

    private func client(follows: Bool) -> HTTPClient {
        state.withLockedValue { state in
            if let client = state.clients[follows] { return client }
            var configuration = HTTPClient.Configuration(
                redirectConfiguration: follows ? .follow(max: 5, allowCycles: false) : .disallow,
                decompression: .enabled(limit: .size(64 << 20)))
            configuration.timeout.connect = .seconds(10)
            // Eight by default, for which every other call of a busy function would wait, and fail after ten seconds.
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
            if let trustRoots {
                var tls = TLSConfiguration.makeClientConfiguration()
                tls.trustRoots = .file(trustRoots)
                configuration.tlsConfiguration = tls
            }
            // A refused connection is an answer; whether to try again is the script's decision.
            configuration.connectionPool.retryConnectionEstablishment = false
            let client = HTTPClient(
                eventLoopGroupProvider: .shared(state.eventLoops), configuration: configuration)
            state.clients[follows] = client
            return client
        }
    }

    /// Ends all connections. The client must not be let go of before.
    func shutdown() async {
        let all = state.withLockedValue { state in
            defer { (state.clients, state.older) = ([:], []) }
            return state.clients.values + state.older
        }
        // At the end there is nobody left who could use an error.
        for client in all { try? await client.shutdown() }
    }

    private func fault(_ error: any Error, _ outbound: OutboundRequest) -> Reply {
        let url = outbound.request.url
        switch error {
        case is NIOTooManyBytesError:
            return .fault(message: "\(url): the response body is larger than \(outbound.limit) bytes", kind: "limit")
        case let error as NIOConnectionError where error.connectionErrors.isEmpty:
            return .fault(message: "\(url): the host name cannot be resolved", kind: "dns")
        case let error as NIOConnectionError:
            // The certificates are read when the first connection is made.
            let cause = error.connectionErrors.first?.error
            if let cause, cause is NIOSSLError || cause is BoringSSLError { return fault(cause, outbound) }
            let reason = cause.map { "\($0)" } ?? ""
            return .fault(message: "\(url): no connection: \(reason)", kind: "connect")
        case let error as IOError:
            let number = Errno(rawValue: error.errnoCode)
            let kind = number == .connectionReset || number == .brokenPipe ? "network" : "connect"
            return .fault(message: "\(url): no connection: \(number)", kind: kind)
        case is CancellationError:
            return .fault(message: "\(url): no complete answer in time", kind: "timeout")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            // All that an unreadable or missing store of certificates makes NIOSSL say is `unknownError([])`.
            let reason = error is BoringSSLError ? "the certificates to trust cannot be read" : "\(error)"
            let roots =
                trustRoots.map { "certificates are checked against SSL_CERT_FILE, \($0)" }
                ?? "certificates are checked against the system's; install ca-certificates, or name a PEM file in the "
                + "setting SSL_CERT_FILE"
            return .fault(message: "\(url): TLS failed: \(reason); \(roots)", kind: "tls")
        case let error as HTTPClientError:
            switch error {
            case .deadlineExceeded, .readTimeout, .cancelled:
                return .fault(message: "\(url): no complete answer in time", kind: "timeout")
            case .connectTimeout:
                return .fault(message: "\(url): no connection in time", kind: "connect")
            case .invalidURL, .emptyHost, .emptyScheme:
                return .fault(message: "\(url): not a URL; write one such as https://example.com/", kind: "url")
            default:
                return .fault(message: "\(url): \(error.shortDescription)", kind: "http")
            }
        default:
            return .fault(message: "\(url): \(error)", kind: "network")
        }
    }
}
