/// The difference between the two parsers that is not allowed; nil if they agree or our parser refuses the message.
struct Comparison {
    static func disagreement(_ pieces: [[UInt8]], _ side: Side) -> String? {
        let ours = OurReader.read(pieces, side)
        let theirs = TheirReader.read(pieces, side)
        for (mine, other) in zip(ours.messages, theirs.messages) where !agree(mine, other) {
            return "we read \(mine), http-parser \(other)"
        }
        if ours.messages.count > theirs.messages.count {
            return
                "we read one message more, \(ours.messages[theirs.messages.count]); http-parser: \(theirs.error ?? "waits")"
        }
        if ours.error == nil, ours.messages.count < theirs.messages.count {
            return "we wait, http-parser reads one message more, \(theirs.messages[ours.messages.count])"
        }
        return nil
    }

    /// Whether the messages are the same, except that only one parser keeps some connections open.
    private static func agree(_ mine: Message, _ other: Message) -> Bool {
        var other = other
        if isEitherRight(mine) { other.keepsAlive = mine.keepsAlive }
        return mine == other
    }

    private static func isEitherRight(_ mine: Message) -> Bool {
        if !mine.keepsAlive { return true }
        let texts = mine.fields.map { String(decoding: $0, as: UTF8.self).lowercased() }
        let fields = stride(from: 0, to: texts.count, by: 2).map { (name: texts[$0], value: texts[$0 + 1]) }
        // No standard defines the first field. In `Connection: ,keep-alive`, http-parser misses the option.
        return fields.contains { name, value in
            name == "proxy-connection" || name == "connection" && mine.minorVersion == 0 && value.contains("keep-alive")
        }
    }
}
