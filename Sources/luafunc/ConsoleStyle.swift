import DevHost
import FoundationEssentials

/// Colours that are readable on dark and light backgrounds.
struct ConsoleStyle {
    let isPlain: Bool

    init(isTerminal: Bool) {
        let environment = ProcessInfo.processInfo.environment
        isPlain = !isTerminal || environment["NO_COLOR"]?.isEmpty == false || environment["TERM"] == "dumb"
    }

    private func paint(_ code: Int, _ text: String) -> String { isPlain ? text : "\u{1b}[\(code)m\(text)\u{1b}[0m" }

    func plain(_ text: String) -> String { text }
    func bold(_ text: String) -> String { paint(1, text) }
    func dim(_ text: String) -> String { paint(2, text) }
    func red(_ text: String) -> String { paint(31, text) }
    func green(_ text: String) -> String { paint(32, text) }
    func yellow(_ text: String) -> String { paint(33, text) }

    func of(_ level: HandlerLine.Level) -> (String) -> String {
        switch level {
        case .debug: dim
        case .info: plain
        case .warning: yellow
        case .error: red
        }
    }

    func of(_ status: Int?) -> (String) -> String {
        switch status {
        case .some(500...): red
        case .some(400...): yellow
        default: green
        }
    }
}
