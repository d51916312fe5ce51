internal import CZlib

/// Decompresses bytes that arrive in pieces, up to a limit, as a few bytes may become a thousand times as many.
///
/// A gzip file may have several members, which are read as one. Bytes after the last member, or after the end of the
/// other formats, are ignored as in common HTTP clients: servers pad with zeros or a line break. No bytes at all count
/// as an empty file.
public final class Inflater {
    public enum Format: Sendable {
        case gzip
        /// HTTP's: zlib's format, or bare deflate, which some servers send instead; the first two bytes decide.
        case deflate
        /// As in zip files: no header, no checksum.
        case raw
    }

    private let format: Format
    private let limit: Int
    private var total = 0
    private var state = State.begin
    private let stream: UnsafeMutablePointer<z_stream>
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 14, alignment: 16)

    private enum State {
        case begin
        /// The format depends on this byte and the next.
        case firstByte(UInt8)
        case inside
        /// After a member of a gzip file.
        case between
        /// After a byte that may be the first of the next member.
        case betweenMarks
        case ended
        case failed(InflateError)
    }

    /// The first bytes of each member of a gzip file.
    private static let mark: [UInt8] = [0x1f, 0x8b]

    /// - Parameter limit: the greatest number of output bytes, for all members together.
    public init(_ format: Format, limit: Int) {
        self.format = format
        self.limit = limit
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 for the largest window; 16 more for gzip, negative for no header.
        let windowBits: Int32 = format == .gzip ? 15 + 16 : -15
        precondition(czlib_inflate_init(stream, windowBits) == Z_OK, "no memory for zlib")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        buffer.deallocate()
    }

    /// Whether the compressed data may end here.
    public var isComplete: Bool {
        switch state {
        case .begin, .between, .betweenMarks, .ended: true
        case .firstByte, .inside, .failed: false
        }
    }

    /// Calls `piece` for each piece of output, in a buffer that the next one overwrites.
    /// - Throws: also the error of an earlier call.
    public func inflate(_ bytes: RawSpan, _ piece: (RawSpan) -> Void) throws(InflateError) {
        var position = 0
        while position < bytes.byteCount {
            switch state {
            case .begin where format == .deflate:
                state = .firstByte(bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self))
                position += 1
            case .begin:
                state = .inside
            case .firstByte(let first):
                let second = bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
                position += 1
                if Self.isZlib(first, second) { inflateReset2(stream, 15) }
                state = .inside
                _ = try decompress([first, second].span.bytes, piece)
            case .inside:
                position += try decompress(bytes.extracting(position..<bytes.byteCount), piece)
            case .between, .betweenMarks:
                try look(bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self), piece)
                position += 1
            case .ended:
                return
            case .failed(let error):
                throw error
            }
        }
    }

    /// Ends the input.
    public func finish() throws(InflateError) {
        if case .failed(let error) = state { throw error }
        guard isComplete else { throw fail(.truncated) }
    }

    /// RFC 1950 §2.2: deflate, a window of up to 32 KB, and a checksum. Bare deflate would have to begin with a stored
    /// block whose padding is not zero to look like this.
    private static func isZlib(_ first: UInt8, _ second: UInt8) -> Bool {
        first & 15 == 8 && first >> 4 <= 7 && (UInt16(first) << 8 | UInt16(second)) % 31 == 0
    }

    /// Looks for another member where one has ended.
    private func look(_ byte: UInt8, _ piece: (RawSpan) -> Void) throws(InflateError) {
        if case .between = state {
            state = byte == Self.mark[0] ? .betweenMarks : .ended
        } else if byte == Self.mark[1] {
            inflateReset(stream)
            state = .inside
            _ = try decompress(Self.mark.span.bytes, piece)
        } else {
            state = .ended
        }
    }

    /// Returns the number of bytes taken: all, or fewer if the compressed data ends.
    private func decompress(_ bytes: RawSpan, _ piece: (RawSpan) -> Void) throws(InflateError) -> Int {
        var result = Result<Int, InflateError>.success(0)
        // zlib does not write to its input, and does not use it after the call: `avail_in` is then 0, or the data has
        // ended.
        bytes.withUnsafeBytes { bytes in
            let count = UInt32(clamping: bytes.count)
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
            stream.pointee.avail_in = count
            result = run(piece).map { Int(count - stream.pointee.avail_in) }
            stream.pointee.next_in = nil
            stream.pointee.avail_in = 0
        }
        switch result {
        case .success(let count): return count
        case .failure(let error): throw fail(error)
        }
    }

    private func run(_ piece: (RawSpan) -> Void) -> Result<Void, InflateError> {
        repeat {
            stream.pointee.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(buffer.count)
            let code = CZlib.inflate(stream, Z_NO_FLUSH)
            let count = buffer.count - Int(stream.pointee.avail_out)
            guard count <= limit - total else { return .failure(.tooLarge(limit: limit)) }
            total += count
            if count > 0 { piece(UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes) }
            switch code {
            case Z_OK, Z_BUF_ERROR:
                continue
            case Z_STREAM_END:
                state = format == .gzip ? .between : .ended
                return .success(())
            case Z_NEED_DICT:
                return .failure(.corrupt("it needs a dictionary"))
            case Z_DATA_ERROR:
                return .failure(.corrupt(stream.pointee.msg.map { String(cString: $0) } ?? "invalid data"))
            default:
                preconditionFailure("no memory for zlib")
            }
        } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
        return .success(())
    }

    private func fail(_ error: InflateError) -> InflateError {
        state = .failed(error)
        return error
    }
}

extension Inflater {
    /// Decompresses complete bytes.
    public static func inflate(_ bytes: [UInt8], _ format: Format, limit: Int) throws(InflateError) -> [UInt8] {
        let inflater = Inflater(format, limit: limit)
        var output: [UInt8] = []
        try inflater.inflate(bytes.span.bytes) { piece in piece.withUnsafeBytes { output.append(contentsOf: $0) } }
        try inflater.finish()
        return output
    }
}
