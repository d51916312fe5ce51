import HTTP1

/// Reads all messages of a connection with our parsers, as a server or client does.
struct OurReader {
    private let side: Side
    private var transcript = Transcript()
    private var unread: [UInt8] = []
    private var requestParser = RequestParser()
    private var responseParser = ResponseParser()
    private var requestHead = RequestHead()
    private var responseHead = ResponseHead()
    private var state = State.head
    /// The chunks and trailers of the current body.
    private var chunks: [UInt8] = []

    private enum State {
        case head
        case length(Message, Int)
        case chunks(Message, ChunkedDecoder)
        case untilClose(Message)
        /// The reader has stopped after an error or a request for a tunnel.
        case done
    }

    static func read(_ pieces: [[UInt8]], _ side: Side) -> Transcript {
        var reader = OurReader(side: side)
        for piece in pieces {
            reader.unread += piece
            while reader.advance() {}
        }
        if case .untilClose(let message) = reader.state { reader.transcript.messages.append(message) }
        return reader.transcript
    }

    private init(side: Side) { self.side = side }

    /// Does one step. Returns false if it needs more bytes.
    private mutating func advance() -> Bool {
        switch state {
        case .head: return side == .requests ? readRequest() : readResponse()
        case .length(var message, let length):
            let count = min(length, unread.count)
            message.body += unread.prefix(count)
            unread.removeFirst(count)
            state = .length(message, length - count)
            if count < length { return false }
            return finish(message)
        case .chunks(var message, var decoder):
            do {
                let bytes = unread
                let count = try decoder.decode(bytes.span.bytes) { message.body.append(copying: $0) }
                chunks += unread.prefix(count)
                unread.removeFirst(count)
            } catch {
                return refuse("\(error)")
            }
            state = .chunks(message, decoder)
            guard decoder.isComplete else { return false }
            let text = String(decoding: chunks, as: UTF8.self).lowercased()
            chunks = []
            if ["connection:", "content-length", "transfer-encoding"].contains(where: text.contains) {
                return refuse("http-parser takes trailers for header fields")
            }
            return finish(message)
        case .untilClose(var message):
            message.body += unread
            unread = []
            state = .untilClose(message)
            return false
        case .done: return false
        }
    }

    private mutating func finish(_ message: Message) -> Bool {
        transcript.messages.append(message)
        state = message.start == "CONNECT" ? .done : .head
        return true
    }

    private mutating func refuse(_ reason: String) -> Bool {
        transcript.error = reason
        state = .done
        return false
    }

    /// The difference if http-parser refuses fields that RFC 9110 allows.
    private func quirk(_ fields: FieldList) -> String? {
        for field in fields {
            let name = String(decoding: unread[field.name], as: UTF8.self).lowercased()
            let space = unread[field.value.upperBound...].prefix { $0 != 0x0d }
            if name == "content-length", space.contains(0x09) {
                return "http-parser takes no tab after a length"
            }
            if name.hasPrefix("transfer-encoding"), name != "transfer-encoding" {
                return "http-parser takes the field for Transfer-Encoding"
            }
        }
        return nil
    }

    private mutating func readRequest() -> Bool {
        let bytes = unread
        switch requestParser.parse(bytes.span.bytes, into: &requestHead) {
        case .incomplete: return false
        case .invalid(let error): return refuse("\(error)")
        case .complete: break
        }
        let head = requestHead
        if case .other(let name) = head.method, !TheirReader.methods.contains(name) {
            return refuse("http-parser knows some methods only")
        }
        if let reason = quirk(head.fields) { return refuse(reason) }
        let message = Message(
            start: head.method.text, detail: Array(unread[head.target]), minorVersion: head.version == .http11 ? 1 : 0,
            fields: head.fields.flatMap { [Array(unread[$0.name]), Array(unread[$0.value])] },
            keepsAlive: head.keepsAlive)
        unread.removeFirst(head.length)
        return begin(message, head.framing)
    }

    private mutating func readResponse() -> Bool {
        let bytes = unread
        switch responseParser.parse(bytes.span.bytes, into: &responseHead) {
        case .incomplete: return false
        case .invalid(let error): return refuse("\(error)")
        case .complete: break
        }
        let head = responseHead
        if let reason = quirk(head.fields) { return refuse(reason) }
        let framing = head.framing(for: side == .responses(toHead: true) ? .head : .get)
        let message = Message(
            start: "\(head.status)", detail: Array(unread[head.reason]), minorVersion: head.version == .http11 ? 1 : 0,
            fields: head.fields.flatMap { [Array(unread[$0.name]), Array(unread[$0.value])] },
            keepsAlive: head.keepsAlive && framing != .untilClose)
        unread.removeFirst(head.length)
        return begin(message, framing)
    }

    private mutating func begin(_ message: Message, _ framing: BodyFraming) -> Bool {
        switch framing {
        case .none: return finish(message)
        case .length(let length): state = .length(message, length)
        case .chunked: state = .chunks(message, ChunkedDecoder())
        case .untilClose: state = .untilClose(message)
        }
        return true
    }
}
