import JSON

/// Text from bytes, as .NET decodes them where it looks for a byte order mark. Invalid parts are replaced.
///
/// Messages are not among them: their bytes are UTF-8 for .NET, and a mark is a character of the text (host-contract §6.5).
package struct StreamText {
    package let text: String
    /// Whether invalid bytes were replaced, so that the original bytes cannot be recovered.
    package let isSpoiled: Bool

    /// `StreamReader`: UTF-8, or by the byte order mark. Bodies of requests and blobs are read by it (host-contract §6.4,
    /// §6.6).
    package init(_ bytes: [UInt8]) {
        let (encoding, mark) = Encoding.find(in: bytes)
        self.init(bytes.dropFirst(mark), in: encoding)
    }

    package init(_ bytes: ArraySlice<UInt8>, in encoding: Encoding) {
        switch encoding {
        case .utf8: self.init(bytes, as: UTF8.self)
        case .utf16(let isBigEndian): self.init(Self.units(bytes, isBigEndian: isBigEndian), as: UTF16.self)
        case .utf32(let isBigEndian): self.init(Self.units(bytes, isBigEndian: isBigEndian), as: UTF32.self)
        }
    }

    /// An encoding that a byte order mark names.
    package enum Encoding: Sendable {
        case utf8
        case utf16(isBigEndian: Bool)
        case utf32(isBigEndian: Bool)

        /// The mark of UTF-32 begins with that of UTF-16.
        private static let marks: [(bytes: [UInt8], encoding: Encoding)] = [
            (ByteOrderMark.utf8, .utf8),
            ([0xff, 0xfe, 0, 0], .utf32(isBigEndian: false)), ([0, 0, 0xfe, 0xff], .utf32(isBigEndian: true)),
            ([0xff, 0xfe], .utf16(isBigEndian: false)), ([0xfe, 0xff], .utf16(isBigEndian: true)),
        ]

        /// The encoding of bytes, and the length of their mark. Bytes without a mark are UTF-8.
        package static func find(in bytes: [UInt8]) -> (Encoding, mark: Int) {
            marks.first { bytes.starts(with: $0.bytes) }.map { ($0.encoding, $0.bytes.count) } ?? (.utf8, 0)
        }
    }

    /// `HttpContent.ReadAsStringAsync`: by the content type's charset, and without one by the byte order mark. Answers
    /// are read by it (host-contract §9.1).
    ///
    /// - Parameter charset: In lower case; those other than `utf-16` count as UTF-8.
    package init(_ bytes: [UInt8], charset: String?) {
        switch charset {
        case nil: self.init(bytes)
        case "utf-16": self.init(Self.units(bytes.withoutMark([0xff, 0xfe]), isBigEndian: false), as: UTF16.self)
        default: self.init(bytes.withoutByteOrderMark, as: UTF8.self)
        }
    }

    private init<Encoding: Unicode.Encoding>(_ units: some Collection<Encoding.CodeUnit>, as encoding: Encoding.Type) {
        let exact = String(validating: units, as: encoding)
        text = exact ?? String(decoding: units, as: encoding)
        isSpoiled = exact == nil
    }

    /// Trailing bytes that form no whole unit count as one invalid unit.
    private static func units<Unit: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) -> [Unit] {
        let width = Unit.bitWidth / 8
        return stride(from: bytes.startIndex, to: bytes.endIndex, by: width).map { start in
            let unit = bytes[start...].prefix(width)
            guard unit.count == width else { return 0xd800 }
            return (isBigEndian ? Array(unit) : unit.reversed()).reduce(0) { $0 << 8 | Unit($1) }
        }
    }
}

extension [UInt8] {
    fileprivate func withoutMark(_ mark: [UInt8]) -> ArraySlice<UInt8> {
        dropFirst(starts(with: mark) ? mark.count : 0)
    }
}
