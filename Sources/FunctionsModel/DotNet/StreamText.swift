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
        if bytes.starts(with: ByteOrderMark.utf8) {
            self.init(bytes.dropFirst(3), as: UTF8.self)
        } else if bytes.starts(with: [0xff, 0xfe, 0, 0]) {
            self.init(Self.units(bytes.dropFirst(4), isBigEndian: false), as: UTF32.self)
        } else if bytes.starts(with: [0, 0, 0xfe, 0xff]) {
            self.init(Self.units(bytes.dropFirst(4), isBigEndian: true), as: UTF32.self)
        } else if bytes.starts(with: [0xff, 0xfe]) {
            self.init(Self.units(bytes.dropFirst(2), isBigEndian: false), as: UTF16.self)
        } else if bytes.starts(with: [0xfe, 0xff]) {
            self.init(Self.units(bytes.dropFirst(2), isBigEndian: true), as: UTF16.self)
        } else {
            self.init(bytes[...], as: UTF8.self)
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
