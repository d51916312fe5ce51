import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// An HTTPS server on loopback that answers everything with `secret`, with a certificate that nobody signed.
struct TLSServer {
    private let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }

    init() async throws {
        let certificate = try NIOSSLCertificate(bytes: Array(Self.certificate.utf8), format: .pem)
        let key = try NIOSSLPrivateKey(bytes: Array(Self.key.utf8), format: .pem)
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(certificate)], privateKey: .privateKey(key)))
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Answer())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func close() async throws { try await channel.close() }

    private final class Answer: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .end = unwrapInboundIn(data) else { return }
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "6"])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "secret")))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    /// For `localhost` and `127.0.0.1`, signed by itself. It and its key protect nothing.
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmzCCAUGgAwIBAgIUFm6Mu+Fsj0KvfZZr9PdjhLVfnZcwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzA2MTU0M1oYDzIxMjYxMDMw
        MDYxNTQzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAAQxy0c6gW0R/ppPeQrsaZQ0F8gsLTuDJH3vCrjzFYiTZAXMithE8lgY
        IF7mWUiUsh14Kx19h0RNBgpLypIP3jR6o28wbTAdBgNVHQ4EFgQUZrntREasBlKU
        rDAshRpfCEB9TX8wHwYDVR0jBBgwFoAUZrntREasBlKUrDAshRpfCEB9TX8wDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDSAAwRQIhAKTuFaICcTVpVuGYm+omlIeJs+P6tWElz/6/z6IQlfqDAiBQ
        LEeQb7L6mz4HRIAKItBnRRPECJiC8qS/dS+V8mLg7A==
        -----END CERTIFICATE-----
        """

    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBEGNODrECzw9agcb
        mNsAViwecTyRrSYyYj2LW+Y6v3ihRANCAAQxy0c6gW0R/ppPeQrsaZQ0F8gsLTuD
        JH3vCrjzFYiTZAXMithE8lgYIF7mWUiUsh14Kx19h0RNBgpLypIP3jR6
        -----END PRIVATE KEY-----
        """
}
