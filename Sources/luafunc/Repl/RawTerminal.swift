import EventLoop
import Files
import Glibc

/// The terminal of standard input, which sends keys at once and without echo while `isRaw`. Output is processed as
/// usual, so a line break still begins a new line.
@MainLoop
final class RawTerminal {
    private var usual: termios?

    var isRaw: Bool { usual != nil }

    func enter() {
        var settings = termios()
        guard usual == nil, tcgetattr(0, &settings) == 0 else { return }
        usual = settings
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        settings.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR | IGNCR | ISTRIP)
        tcsetattr(0, TCSADRAIN, &settings)
        // The terminal marks what is pasted.
        try? StandardStream.output.write("\u{1b}[?2004h")
    }

    /// Must be called before the program ends or stops.
    func restore() {
        guard var settings = usual.take() else { return }
        try? StandardStream.output.write("\u{1b}[?2004l")
        tcsetattr(0, TCSADRAIN, &settings)
    }

    /// A window without a size is taken for one of 80 columns and 24 rows.
    nonisolated static var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0 else { return (80, 24) }
        return (size.ws_col > 0 ? Int(size.ws_col) : 80, size.ws_row > 0 ? Int(size.ws_row) : 24)
    }
}
