import Compression
import EventLoop
import HTTP1

/// What a call does with the events of its connection.
extension ClientCall: ClientExchange {
    var dropsOddFields: Bool { request.dropsOddFields }

    func connection(
        received head: ResponseHead, in bytes: RawSpan, framing: BodyFraming, dropped: [String]
    ) {
        guard case .active(let connection) = state else { return }
        stage = nil
        hasHead = true
        startTimer()
        var fields = HTTPFields(head.fields, of: bytes)
        do throws(HTTPClientError) {
            if let next = try trail.next(after: head.status, fields, request) {
                request = next
                return follow(from: connection)
            }
        } catch {
            return fail(error)
        }
        if request.decodes, framing != .none { unpacker = Unpacker(fields, limit: request.decodingLimit) }
        if unpacker != nil {
            // They describe the body as it was sent, and not as the caller gets it.
            fields.remove("content-encoding")
            fields.remove("content-length")
        }
        if isPaused { connection.pause() }
        let reason = String(repairing: bytes.extracting(head.reason))
        events?.head(
            ClientHead(status: head.status, reason: reason, fields: fields, url: request.url, dropped: dropped))
    }

    private func follow(from connection: ClientConnection) {
        connection.detach()
        origin = Origin(request.url)
        state = .waiting
        resent = 0
        // Whoever waits to write more of the body must learn that it is not wanted.
        connectionHasRoom()
        // The work is deferred, so that the same connection may be used if the rest of its response is read by then.
        client.loop.perform { [self] in begin() }
    }

    func connection(received piece: RawSpan) {
        guard let unpacker else { return events?.received(piece) ?? () }
        unpacker.append(piece)
        unpack()
    }

    func unpack() {
        guard let unpacker, !hasEnded else { return }
        do throws(InflateError) {
            try unpacker.unpack(while: { !isPaused && !hasEnded }) { events?.received($0) }
            if case .unpacking = state, unpacker.isEmpty { try finish(unpacker) }
        } catch {
            fail(.content(error))
        }
    }

    private func finish(_ unpacker: Unpacker) throws(InflateError) {
        try unpacker.finish()
        end(.success(()))
    }

    func connectionCompleted() {
        guard !hasEnded else { return }
        guard let unpacker else { return end(.success(())) }
        guard unpacker.isEmpty else { return state = .unpacking }
        do throws(InflateError) { try finish(unpacker) } catch { fail(.content(error)) }
    }

    func connectionSentRequest() {
        // A server may respond before it has the whole request.
        if case .active = state, !hasHead { limitFirstByte() }
    }

    func connectionFailed(_ error: HTTPClientError, isUntouched: Bool) {
        guard case .active(let connection) = state else { return }
        // A server that has closed an idle connection did not mean this request.
        let resends = request.resends ?? (connection.isReused && request.method.isIdempotent ? 1 : 0)
        if isUntouched, resent < resends, request.isRepeatable {
            resent += 1
            state = .waiting
            return client.loop.perform { [self] in begin() }
        }
        fail(error)
    }

    func connectionHasRoom() {
        guard let told = onWritable else { return }
        onWritable = nil
        told()
    }
}
