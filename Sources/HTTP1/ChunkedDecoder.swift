/// Extracts a body from its chunks (RFC 9112 §7.1). The input may be split anywhere. Trailer fields are checked and
/// dropped.
public struct ChunkedDecoder: Sendable {
    /// The greatest size in bytes of a body's extensions and trailers together.
    public static let overheadLimit = 8 << 10

    private enum State {
        /// Within the digits of a size. `remaining` is their value so far.
        case size(hasDigits: Bool)
        /// Within spaces after a size. Some servers pad sizes with spaces.
        case padding
        case `extension`
        case sizeLineFeed
        case data
        case dataReturn
        case dataLineFeed
        case trailerStart
        case trailerName
        case trailerValue
        case trailerLineFeed
        case lastLineFeed
        case complete
    }

    private var state = State.size(hasDigits: false)
    /// The number of bytes of the chunk that have not arrived yet.
    private var remaining = 0
    private var overhead = 0

    public init() {}

    /// Whether the last chunk and the trailers were read. The bytes after them belong to another message.
    public var isComplete: Bool { if case .complete = state { true } else { false } }

    /// - Parameter piece: gets the bytes of the body, in order.
    /// - Returns: the number of bytes that belong to this body. It is less than all of them only if the body ends.
    public mutating func decode(_ bytes: RawSpan, _ piece: (RawSpan) -> Void) throws(ChunkError) -> Int {
        var position = 0
        while position < bytes.byteCount, !isComplete {
            if case .data = state {
                let end = position + min(remaining, bytes.byteCount - position)
                piece(bytes.extracting(position..<end))
                remaining -= end - position
                position = end
                if remaining == 0 { state = .dataReturn }
            } else {
                // This load is safe despite its name: it checks the offset, and every byte is a valid UInt8.
                try take(bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self))
                position += 1
            }
        }
        return position
    }

    private mutating func take(_ byte: UInt8) throws(ChunkError) {
        let isLineFeed = byte == 0x0a
        let kind = ByteClass.table[Int(byte)]
        switch state {
        case .size(let hasDigits): try takeSize(byte, hasDigits)
        case .padding: try leaveSize(byte, orStay: byte == 0x20)
        case .extension:
            if byte == 0x0d {
                state = .sizeLineFeed
            } else {
                guard kind & ByteClass.value != 0 else { throw .extension }
                try count()
            }
        case .sizeLineFeed:
            guard isLineFeed else { throw .lineEnd }
            state = remaining == 0 ? .trailerStart : .data
        case .data: break
        case .dataReturn:
            guard byte == 0x0d else { throw .lineEnd }
            state = .dataLineFeed
        case .dataLineFeed:
            guard isLineFeed else { throw .lineEnd }
            state = .size(hasDigits: false)
        case .trailerStart:
            if byte == 0x0d {
                state = .lastLineFeed
            } else {
                guard kind & ByteClass.token != 0 else { throw .trailer }
                state = .trailerName
                try count()
            }
        case .trailerName:
            if byte == UInt8(ascii: ":") {
                state = .trailerValue
            } else if kind & ByteClass.token == 0 {
                throw .trailer
            }
            try count()
        case .trailerValue:
            if byte == 0x0d {
                state = .trailerLineFeed
            } else {
                guard kind & ByteClass.value != 0 else { throw .trailer }
                try count()
            }
        case .trailerLineFeed:
            guard isLineFeed else { throw .trailer }
            state = .trailerStart
        case .lastLineFeed:
            guard isLineFeed else { throw .lineEnd }
            state = .complete
        case .complete: break
        }
    }

    private mutating func takeSize(_ byte: UInt8, _ hasDigits: Bool) throws(ChunkError) {
        if let digit = hexadecimal(byte) {
            if !hasDigits { remaining = 0 }
            // Leading zeros count as overhead, as a sender could send them forever.
            if hasDigits, remaining == 0 { try count() }
            guard remaining <= Int.max >> 4 else { throw .size }
            remaining = remaining << 4 | digit
            state = .size(hasDigits: true)
        } else {
            guard hasDigits else { throw .size }
            try leaveSize(byte, orStay: byte == 0x20)
        }
    }

    private mutating func leaveSize(_ byte: UInt8, orStay isPadding: Bool) throws(ChunkError) {
        switch byte {
        case 0x0d: state = .sizeLineFeed
        case UInt8(ascii: ";"): state = .extension
        case _ where isPadding: state = .padding
        default: throw .size
        }
        if byte != 0x0d { try count() }
    }

    /// Counts a byte that is not part of the body.
    private mutating func count() throws(ChunkError) {
        overhead += 1
        if overhead > Self.overheadLimit { throw .tooLarge }
    }

    private func hexadecimal(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte - 0x30)
        case 0x41...0x46, 0x61...0x66: Int(byte | 0x20) - 0x57
        default: nil
        }
    }
}
