import EventLoop

/// Events that the handler reports to the host, removed from the lines that people see.
@MainLoop
final class HandlerEvents {
    /// Called when luafunc has loaded a save, with the functions that keep their previous version.
    var reloaded: (@MainLoop (_ kept: Set<String>) -> Void)?
    /// Called when luafunc has loaded the app or a save.
    var loaded: (@MainLoop (_ line: HandlerLine) -> Void)?
    private let tell: @MainLoop (HostEvent) -> Void

    init(_ tell: @escaping @MainLoop (HostEvent) -> Void) { self.tell = tell }

    func take(_ event: HostEvent) {
        if case .handlerLine(let line) = event {
            if line.event == HandlerLine.listening { return }
            if line.event == HandlerLine.loaded {
                loaded?(line)
                return
            }
            if line.event == HandlerLine.reloaded { reloaded?(line.kept) }
        }
        tell(event)
    }
}
