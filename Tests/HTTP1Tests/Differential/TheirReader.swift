import CHTTPParser

/// Reads all messages of a connection with http-parser.
final class TheirReader {
    private var transcript = Transcript()
    private var message = Message()
    private var isValue = false
    private let side: Side

    /// All methods that http-parser knows.
    static let methods: Set<String> = {
        var parser = http_parser()
        var names: Set<String> = []
        for number in 0..<34 {
            parser.method = UInt32(number)
            names.insert(String(cString: chttpparser_method(&parser)))
        }
        return names
    }()

    static func read(_ pieces: [[UInt8]], _ side: Side) -> Transcript {
        let reader = TheirReader(side)
        reader.read(pieces)
        return reader.transcript
    }

    private init(_ side: Side) { self.side = side }

    private func read(_ pieces: [[UInt8]]) {
        var parser = http_parser()
        http_parser_init(&parser, side == .requests ? HTTP_REQUEST : HTTP_RESPONSE)
        // The reader outlives the parser, which is used in this function only.
        parser.data = Unmanaged.passUnretained(self).toOpaque()
        var settings = Self.settings
        // An empty piece means the end.
        for piece in pieces.filter({ !$0.isEmpty }) + [[]] {
            let count = piece.withUnsafeBytes { bytes in
                http_parser_execute(
                    &parser, &settings, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
            }
            let code = chttpparser_errno(&parser)
            if code != 0 {
                transcript.error = String(cString: http_errno_description(http_errno(UInt32(code))))
                return
            }
            // http-parser stops if it treats the following bytes as another protocol.
            if count < piece.count { return }
        }
    }

    private static let settings: http_parser_settings = {
        var settings = http_parser_settings()
        http_parser_settings_init(&settings)
        settings.on_message_begin = { TheirReader.of($0).begin() }
        settings.on_url = { parser, bytes, count in TheirReader.of(parser).append(bytes, count, to: \.detail) }
        settings.on_status = { parser, bytes, count in TheirReader.of(parser).append(bytes, count, to: \.detail) }
        settings.on_header_field = { parser, bytes, count in
            TheirReader.of(parser).appendField(bytes, count, isValue: false)
        }
        settings.on_header_value = { parser, bytes, count in
            TheirReader.of(parser).appendField(bytes, count, isValue: true)
        }
        settings.on_headers_complete = { TheirReader.of($0).completeHead($0) }
        settings.on_body = { parser, bytes, count in TheirReader.of(parser).append(bytes, count, to: \.body) }
        settings.on_message_complete = { TheirReader.of($0).complete($0) }
        return settings
    }()

    private static func of(_ parser: UnsafeMutablePointer<http_parser>?) -> TheirReader {
        guard let data = parser?.pointee.data else { preconditionFailure("no reader") }
        return Unmanaged<TheirReader>.fromOpaque(data).takeUnretainedValue()
    }

    private var hasHead = false

    private func begin() -> CInt {
        message = Message()
        (isValue, hasHead) = (false, false)
        return 0
    }

    private func append(_ bytes: UnsafePointer<CChar>?, _ count: Int, to part: WritableKeyPath<Message, [UInt8]>)
        -> CInt
    {
        message[keyPath: part] += UnsafeRawBufferPointer(start: bytes, count: count)
        return 0
    }

    /// http-parser delivers names and values in pieces.
    private func appendField(_ bytes: UnsafePointer<CChar>?, _ count: Int, isValue: Bool) -> CInt {
        // Fields after the head are trailers, which this test drops.
        guard !hasHead else { return 0 }
        if isValue != self.isValue || message.fields.isEmpty {
            // http-parser does not report an empty value.
            if isValue == false, message.fields.count % 2 == 1 { message.fields.append([]) }
            message.fields.append([])
        }
        self.isValue = isValue
        message.fields[message.fields.count - 1] += UnsafeRawBufferPointer(start: bytes, count: count)
        return 0
    }

    private func completeHead(_ parser: UnsafeMutablePointer<http_parser>?) -> CInt {
        guard let parser else { return 0 }
        hasHead = true
        if message.fields.count % 2 == 1 { message.fields.append([]) }
        // http-parser keeps the white space after a value.
        for position in message.fields.indices {
            while message.fields[position].last == 0x20 || message.fields[position].last == 0x09 {
                message.fields[position].removeLast()
            }
        }
        let isConnect = chttpparser_is_connect(parser) != 0
        if !isConnect { chttpparser_ignore_upgrade(parser) }
        switch side {
        case .requests: message.start = String(cString: chttpparser_method(parser))
        case .responses: message.start = "\(chttpparser_status(parser))"
        }
        // A version other than HTTP/1 must not look like HTTP/1.
        message.minorVersion = parser.pointee.http_major == 1 ? Int(min(parser.pointee.http_minor, 1)) : -1
        guard case .responses(let isToHead) = side else { return 0 }
        // http-parser leaves it to its users which responses have no body, whatever length they announce.
        let status = chttpparser_status(parser)
        return isToHead || status < 200 || status == 204 || status == 304 ? 1 : 0
    }

    private func complete(_ parser: UnsafeMutablePointer<http_parser>?) -> CInt {
        guard let parser else { return 0 }
        message.keepsAlive = http_should_keep_alive(parser) != 0 && chttpparser_is_connect(parser) == 0
        transcript.messages.append(message)
        return 0
    }
}
