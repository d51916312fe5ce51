import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPCompression

/// The bytes of a file as they go into a zip: deflated where that makes them fewer.
struct ZipContent {
    /// 0 for stored, 8 for deflated.
    let method: UInt16
    let bytes: ByteBuffer
    /// The CRC-32 of the file.
    let checksum: UInt32

    init(_ file: [UInt8]) throws {
        guard !file.isEmpty else {
            (method, bytes, checksum) = (0, ByteBuffer(), 0)
            return
        }
        let content = ByteBuffer(bytes: file)
        var gzip = try Self.gzip(content)
        // What gzip has in the middle, after ten bytes, is what a zip needs; then come checksum and length.
        gzip.moveReaderIndex(forwardBy: 10)
        let deflated = gzip.readSlice(length: gzip.readableBytes - 8) ?? ByteBuffer()
        checksum = gzip.readInteger(endianness: .little) ?? 0
        let isSmaller = deflated.readableBytes < file.count
        (method, bytes) = isSmaller ? (8, deflated) : (0, content)
    }

    /// zlib is only to be had as a part of HTTP; a request that is never sent is as good.
    private static func gzip(_ content: ByteBuffer) throws -> ByteBuffer {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(NIOHTTPRequestCompressor(encoding: .gzip))
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/")
        let parts: [HTTPClientRequestPart] = [.head(head), .body(.byteBuffer(content)), .end(nil)]
        // Without a flush before the end, so that the content is compressed as a whole.
        for part in parts { channel.write(part, promise: nil) }
        channel.flush()
        var gzip = ByteBuffer()
        while let part = try channel.readOutbound(as: HTTPClientRequestPart.self) {
            if case .body(.byteBuffer(var bytes)) = part { gzip.writeBuffer(&bytes) }
        }
        _ = try channel.finish()
        return gzip
    }
}
