internal import CZlib

/// Decompresses bytes that arrive in pieces. The size of the output is limited, because a few bytes may expand a
/// thousandfold.
///
/// A gzip file may have several members, which are decompressed as one stream. Bytes after the last member, or after
/// the end of the other formats, are ignored as in common HTTP clients, because servers pad with zeros or a line break.
/// An empty input counts as an empty file.
public final class Inflater {
    public enum Format: Sendable {
        case gzip
        /// HTTP's "deflate": zlib's format, or raw deflate, which some servers send instead. The first two bytes show
        /// which one it is.
        case deflate
        /// The format inside of zip files, without header and checksum.
        case raw
    }

    private let format: Format
    private let limit: Int
    private var total = 0
    /// Whether the bytes that were consumed may have more output, because the last buffer was full.
    public private(set) var hasMore = false
    private var state = State.begin
    private let stream: UnsafeMutablePointer<z_stream>
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 14, alignment: 16)

    private enum State {
        case begin
        /// After the first byte of "deflate". The format depends on this byte and the next.
        case firstByte(UInt8)
        case inside
        /// After a member of a gzip file.
        case between
        /// After a byte that may begin the next member.
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
        // 15 means the largest window. zlib encodes the format in the same number: plus 16 for gzip, negative for raw.
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

    /// Calls `piece` with each piece of output, in a buffer that the next piece overwrites.
    ///
    /// - Parameter isWanted: called after each piece. If it returns false, the call ends. The next call goes on with the
    ///   bytes that were not consumed; see also `hasMore`.
    /// - Returns: the number of bytes consumed.
    /// - Throws: the error of this call or of an earlier one.
    @discardableResult
    public func inflate(
        _ bytes: RawSpan, while isWanted: () -> Bool = { true }, _ piece: (RawSpan) -> Void
    ) throws(InflateError) -> Int {
        var position = 0
        while position < bytes.byteCount || hasMore, isWanted() {
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
                // Two bytes do not fill the buffer, so all of them are consumed.
                _ = try decompress([first, second].span.bytes, while: isWanted, piece)
            case .inside:
                position += try decompress(bytes.extracting(position..<bytes.byteCount), while: isWanted, piece)
            case .between, .betweenMarks:
                try look(bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self), piece)
                position += 1
            case .ended:
                return bytes.byteCount
            case .failed(let error):
                throw error
            }
        }
        return position
    }

    /// Ends the input. Throws if the compressed data is not complete.
    public func finish() throws(InflateError) {
        if case .failed(let error) = state { throw error }
        guard isComplete else { throw fail(.truncated) }
    }

    /// Whether these two bytes are a header of zlib's format: they name deflate and a window of up to 32 KB, and their
    /// checksum is right (RFC 1950 §2.2). Raw deflate looks the same only if it begins with a stored block whose
    /// padding is not zero.
    private static func isZlib(_ first: UInt8, _ second: UInt8) -> Bool {
        first & 15 == 8 && first >> 4 <= 7 && (UInt16(first) << 8 | UInt16(second)) % 31 == 0
    }

    /// Checks whether another member of a gzip file begins.
    private func look(_ byte: UInt8, _ piece: (RawSpan) -> Void) throws(InflateError) {
        if case .between = state {
            state = byte == Self.mark[0] ? .betweenMarks : .ended
        } else if byte == Self.mark[1] {
            inflateReset(stream)
            state = .inside
            _ = try decompress(Self.mark.span.bytes, while: { true }, piece)
        } else {
            state = .ended
        }
    }

    /// Returns the number of bytes consumed. It is less than all of them only if the compressed data ends, or no more
    /// output is wanted.
    private func decompress(
        _ bytes: RawSpan, while isWanted: () -> Bool, _ piece: (RawSpan) -> Void
    ) throws(InflateError) -> Int {
        var result = Result<Int, InflateError>.success(0)
        // zlib does not write to its input. It does not use the input after the call, because the pointer is removed.
        bytes.withUnsafeBytes { bytes in
            let count = UInt32(clamping: bytes.count)
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
            stream.pointee.avail_in = count
            result = run(while: isWanted, piece).map { Int(count - stream.pointee.avail_in) }
            stream.pointee.next_in = nil
            stream.pointee.avail_in = 0
        }
        switch result {
        case .success(let count): return count
        case .failure(let error): throw fail(error)
        }
    }

    private func run(while isWanted: () -> Bool, _ piece: (RawSpan) -> Void) -> Result<Void, InflateError> {
        repeat {
            hasMore = false
            stream.pointee.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(buffer.count)
            let code = CZlib.inflate(stream, Z_NO_FLUSH)
            let count = buffer.count - Int(stream.pointee.avail_out)
            guard count <= limit - total else { return .failure(.tooLarge(limit: limit)) }
            total += count
            if count > 0 { piece(UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes) }
            switch code {
            case Z_OK, Z_BUF_ERROR:
                break
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
            hasMore = stream.pointee.avail_out == 0
        } while (stream.pointee.avail_in > 0 || hasMore) && isWanted()
        return .success(())
    }

    private func fail(_ error: InflateError) -> InflateError {
        state = .failed(error)
        return error
    }
}

extension Inflater {
    /// Decompresses bytes at once.
    public static func inflate(_ bytes: [UInt8], _ format: Format, limit: Int) throws(InflateError) -> [UInt8] {
        let inflater = Inflater(format, limit: limit)
        var output: [UInt8] = []
        try inflater.inflate(bytes.span.bytes) { piece in piece.withUnsafeBytes { output.append(contentsOf: $0) } }
        try inflater.finish()
        return output
    }
}
