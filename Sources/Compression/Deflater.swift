internal import CZlib

/// Compresses bytes that arrive in pieces. The output depends only on the bytes and the pieces: it contains no time and
/// no name of a machine.
public final class Deflater {
    public enum Format: Sendable {
        case gzip
        /// HTTP's "deflate".
        case zlib
        /// The format inside of zip files, without header and checksum.
        case raw
    }

    private let stream: UnsafeMutablePointer<z_stream>
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 14, alignment: 16)
    private var isFinished = false

    public init(_ format: Format) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 means the largest window. zlib encodes the format in the same number: plus 16 for gzip, negative for raw.
        let windowBits: Int32 =
            switch format {
            case .gzip: 15 + 16
            case .zlib: 15
            case .raw: -15
            }
        precondition(czlib_deflate_init(stream, windowBits) == Z_OK, "no memory for zlib")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
        buffer.deallocate()
    }

    /// Compresses bytes, and appends the output that is complete. zlib holds back the rest, to compress it together
    /// with later bytes.
    public func deflate(_ bytes: RawSpan, into output: inout [UInt8]) {
        precondition(!isFinished, "a deflater has finished")
        var position = 0
        while position < bytes.byteCount {
            let piece = bytes.extracting(position..<bytes.byteCount)
            // zlib does not write to its input, and consumes all of it before it returns.
            position += piece.withUnsafeBytes { piece in
                let count = UInt32(clamping: piece.count)
                stream.pointee.next_in = UnsafeMutablePointer(mutating: piece.bindMemory(to: UInt8.self).baseAddress)
                stream.pointee.avail_in = count
                run(Z_NO_FLUSH, into: &output)
                stream.pointee.next_in = nil
                return Int(count)
            }
        }
    }

    /// Appends the rest of the output. The deflater cannot be used afterwards.
    public func finish(into output: inout [UInt8]) {
        precondition(!isFinished, "a deflater has finished")
        isFinished = true
        run(Z_FINISH, into: &output)
    }

    private func run(_ flush: Int32, into output: inout [UInt8]) {
        repeat {
            stream.pointee.next_out = buffer.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(buffer.count)
            let code = CZlib.deflate(stream, flush)
            precondition(code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR, "zlib failed: \(code)")
            output.append(contentsOf: buffer[..<(buffer.count - Int(stream.pointee.avail_out))])
        } while stream.pointee.avail_out == 0
    }
}

extension Deflater {
    /// Compresses bytes at once.
    public static func deflate(_ bytes: [UInt8], _ format: Format) -> [UInt8] {
        let deflater = Deflater(format)
        var output: [UInt8] = []
        deflater.deflate(bytes.span.bytes, into: &output)
        deflater.finish(into: &output)
        return output
    }
}
