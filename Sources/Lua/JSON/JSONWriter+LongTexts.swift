public import JSON

/// Writes texts of a script that may be long. It checks the limits between two pieces.
extension JSONWriter {
    /// Appends bytes of a script as a string. They must be UTF-8.
    public func append(string bytes: RawSpan, of stack: LuaStack) throws(JSONError) {
        guard bytes.byteCount > Stretch.bytes else { return append(string: bytes) }
        try demand(bytes.byteCount, of: stack)
        append(UInt8(ascii: "\""))
        try bytes.withUnsafeBytes { raw throws(JSONError) in
            let bytes = raw.assumingMemoryBound(to: UInt8.self)
            var offset = 0
            while offset < bytes.count {
                let end = Self.pieceEnd(of: bytes, from: offset)
                appendEscaped(UnsafeBufferPointer(rebasing: bytes[offset..<end]))
                try look(of: stack, after: end - offset)
                offset = end
            }
        }
        append(UInt8(ascii: "\""))
    }

    /// Appends bytes of a script unchanged.
    public func append(raw bytes: RawSpan, of stack: LuaStack) throws(JSONError) {
        if bytes.byteCount > Stretch.bytes { try demand(bytes.byteCount, of: stack) }
        append(raw: bytes)
    }

    /// Quotes the text from `start` on in place. It works from the end to the beginning, because the text grows.
    func quoteLong(from start: Int, of stack: LuaStack) throws(JSONError) {
        var more = 2
        var place = start
        while place < count {
            let end = min(count, place + Stretch.bytes)
            for index in place..<end {
                let letter = Self.escapeLetter(buffer[index])
                more += letter == 0 ? 0 : letter == UInt8(ascii: "u") ? 5 : 1
            }
            try look(of: stack, after: end - place)
            place = end
        }
        try demand(more, of: stack)
        reserve(more)
        var from = count
        var to = count + more
        count = to
        func put(_ byte: UInt8) {
            to -= 1
            buffer[to] = byte
        }
        put(UInt8(ascii: "\""))
        while from > start {
            let end = max(start, from - Stretch.bytes)
            let length = from - end
            while from > end {
                from -= 1
                let byte = buffer[from]
                let letter = Self.escapeLetter(byte)
                guard letter != 0 else {
                    put(byte)
                    continue
                }
                if letter == UInt8(ascii: "u") {
                    put(Self.hexadecimalDigit(byte & 15))
                    put(Self.hexadecimalDigit(byte >> 4))
                    put(UInt8(ascii: "0"))
                    put(UInt8(ascii: "0"))
                }
                put(letter)
                put(UInt8(ascii: "\\"))
            }
            try look(of: stack, after: length)
        }
        put(UInt8(ascii: "\""))
    }

    /// Throws if the VM has no room for `bytes` more bytes.
    func demand(_ bytes: Int, of stack: LuaStack) throws(JSONError) {
        guard stack.hasRoom(for: bytes) else { throw .unwritable(.tooLarge(limit: stack.memoryLimit), path: "") }
    }

    func look(of stack: LuaStack, after bytes: Int) throws(JSONError) {
        guard count <= limit else { throw .unwritable(.tooLarge(limit: limit), path: "") }
        do throws(LuaError) {
            try stack.mayGoOn(after: bytes)
        } catch {
            if case .timeLimit = error { throw .unwritable(.timeLimit, path: "") }
            throw .unwritable(.tooLarge(limit: stack.memoryLimit), path: "")
        }
    }

    /// Appends the base64 form of a script string's bytes as a string.
    public func append(base64 bytes: RawSpan, of stack: LuaStack) throws(JSONError) {
        try demand(bytes.byteCount / 3 * 4, of: stack)
        append(UInt8(ascii: "\""))
        var offset = 0
        while offset < bytes.byteCount {
            // Each piece but the last is a multiple of three bytes, so that the pieces form one base64 text.
            let end = min(bytes.byteCount, offset + (48 << 10))
            append(unquotedBase64: bytes.extracting(offset..<end))
            if end < bytes.byteCount || offset > 0 { try look(of: stack, after: end - offset) }
            offset = end
        }
        append(UInt8(ascii: "\""))
    }

    private func append(unquotedBase64 bytes: RawSpan) {
        let length = (bytes.byteCount + 2) / 3 * 4
        reserve(length)
        // There is room for all bytes, and the alphabet has an entry for every six-bit index.
        bytes.withUnsafeBytes { raw in
            let alphabet = base64Alphabet.utf8Start
            var place = buffer + count
            func put(_ bits: UInt32, _ digits: Int) {
                for digit in 0..<digits { place[digit] = alphabet[Int(bits >> UInt32(18 - 6 * digit) & 63)] }
                place += digits
            }
            var index = 0
            while index + 3 <= raw.count {
                put(UInt32(raw[index]) << 16 | UInt32(raw[index + 1]) << 8 | UInt32(raw[index + 2]), 4)
                index += 3
            }
            guard index < raw.count else { return }
            let hasTwo = index + 1 < raw.count
            put(UInt32(raw[index]) << 16 | (hasTwo ? UInt32(raw[index + 1]) << 8 : 0), hasTwo ? 3 : 2)
            for position in 0..<(hasTwo ? 1 : 2) { place[position] = UInt8(ascii: "=") }
        }
        count += length
    }
}

private let base64Alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
