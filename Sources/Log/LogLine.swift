/// The format of log lines.
public enum LogFormat: String, CaseIterable, Sendable {
    case text, json
}

/// One log event, to be written as a line of bytes.
struct LogLine {
    let level: LogLevel
    let message: String
    /// The fields, sorted by key.
    let fields: [LogField]
    var time = Timestamp.now
    /// Whether line breaks in the message are intended.
    var isReport = false

    func bytes(in format: LogFormat) -> [UInt8] {
        switch format {
        case .text: text
        case .json: json
        }
    }

    /// `2026-03-01T10:20:30.123Z warn order 6b0c…: the message`
    ///
    /// An event is one line, so that no message can forge another event. Only a report, which luafunc itself writes,
    /// may have several lines. Each of them gets the same beginning, because the host treats each line as an entry of
    /// its own and searches each for `warn` (host-contract §11).
    private var text: [UInt8] {
        var start: [UInt8] = []
        time.append(to: &start)
        start.append(UInt8(ascii: " "))
        start += level.rawValue.utf8
        start.append(UInt8(ascii: " "))
        let places = [LogKey.function, LogKey.invocation].compactMap { key in fields.first { $0.key == key }?.value }
        if !places.isEmpty {
            for (position, place) in places.enumerated() {
                if position > 0 { start.append(UInt8(ascii: " ")) }
                Escape.append(place, to: &start)
            }
            start += ": ".utf8
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(start.count + message.utf8.count + 1)
        let lines =
            isReport
            ? message.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) : [message.utf8[...]]
        for line in lines {
            bytes += start
            Escape.append(line, to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    /// `{"time":"…","level":"warn","function":"order","message":"…"}`
    private var json: [UInt8] {
        var bytes = Array(#"{"time":""#.utf8)
        time.append(to: &bytes)
        bytes += #"","level":""#.utf8
        bytes += level.rawValue.utf8
        bytes.append(UInt8(ascii: "\""))
        for field in fields { Self.append(field.key, field.value, to: &bytes) }
        Self.append("message", message, to: &bytes)
        bytes += "}\n".utf8
        return bytes
    }

    private static func append(_ key: String, _ value: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: ","))
        Escape.append(json: key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        Escape.append(json: value, to: &bytes)
    }
}
