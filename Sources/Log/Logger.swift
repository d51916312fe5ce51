/// Writes log lines of at least its level, and adds its fields to each.
public struct Logger: Sendable {
    public var level: LogLevel
    public var format: LogFormat
    /// The fields, sorted by key. Each key occurs once.
    public private(set) var fields: [LogField] = []
    private let destination: Destination

    private enum Destination: Sendable {
        case nothing
        case sink(LogSink)
        case receiver(@Sendable (LogEntry) -> Void)
    }

    /// - Parameter sink: nil to write nothing. `level` keeps its value even then.
    public init(level: LogLevel = .info, format: LogFormat = .text, sink: LogSink? = .standard) {
        self.level = level
        self.format = format
        destination = sink.map { .sink($0) } ?? .nothing
    }

    /// - Parameter receive: called for each entry, on the thread that writes it.
    public init(level: LogLevel = .info, receive: @escaping @Sendable (LogEntry) -> Void) {
        self.level = level
        format = .text
        destination = .receiver(receive)
    }

    /// A logger that writes nothing.
    public static let silent = Logger(sink: nil)

    /// Returns this logger with one more field, which replaces a field with the same key.
    public func with(_ field: LogField) -> Logger {
        var logger = self
        logger.fields.set(field)
        return logger
    }

    /// - Parameter message: evaluated only if the line is written.
    public func log(_ level: LogLevel, _ message: @autoclosure () -> String, _ fields: [LogField] = []) {
        if level >= self.level { write(level, message(), fields) }
    }

    /// The most bytes of a message; a longer one is cut. Escaping for JSON makes it at most six times as long, which is
    /// still shorter than the longest line that `luafunc start` reads.
    public static let messageLimit = 128 << 10

    public static func cut(_ message: String) -> String {
        guard message.utf8.count > messageLimit else { return message }
        return String(decoding: message.utf8.prefix(messageLimit), as: UTF8.self) + " … (cut)"
    }

    /// Writes a text of several lines that luafunc itself has composed, such as a traceback. In text format, each line
    /// gets the same beginning.
    public func report(_ level: LogLevel, _ text: @autoclosure () -> String, _ fields: [LogField] = []) {
        if level >= self.level { write(level, text(), fields, isReport: true) }
    }

    /// Writes an entry that another logger has passed on.
    public func pass(_ entry: LogEntry) { write(entry.level, entry.message, entry.fields, isFailure: entry.isFailure) }

    /// Writes the reason why an invocation ends, which its caller gets as well.
    public func failure(_ reason: @autoclosure () -> String, _ fields: [LogField] = []) {
        write(.error, reason(), fields, isFailure: true)
    }

    private func write(
        _ level: LogLevel, _ message: @autoclosure () -> String, _ fields: [LogField], isReport: Bool = false,
        isFailure: Bool = false
    ) {
        if case .nothing = destination { return }
        var all = self.fields
        for field in fields { all.set(field) }
        let message = Self.cut(message())
        switch destination {
        case .nothing: break
        case .sink(let sink):
            let line = LogLine(level: level, message: message, fields: all, isReport: isReport)
            sink.write(line.bytes(in: format), to: level >= .warning ? .errors : .output, format: format)
        case .receiver(let receive):
            receive(LogEntry(level: level, message: message, fields: all, isFailure: isFailure))
        }
    }

    public func debug(_ message: @autoclosure () -> String, _ fields: [LogField] = []) {
        log(.debug, message(), fields)
    }

    public func info(_ message: @autoclosure () -> String, _ fields: [LogField] = []) {
        log(.info, message(), fields)
    }

    public func warning(_ message: @autoclosure () -> String, _ fields: [LogField] = []) {
        log(.warning, message(), fields)
    }

    public func error(_ message: @autoclosure () -> String, _ fields: [LogField] = []) {
        log(.error, message(), fields)
    }
}

extension [LogField] {
    fileprivate mutating func set(_ field: LogField) {
        var place = count
        while place > 0, self[place - 1].key >= field.key { place -= 1 }
        if place < count, self[place].key == field.key {
            self[place] = field
        } else {
            insert(field, at: place)
        }
    }
}
