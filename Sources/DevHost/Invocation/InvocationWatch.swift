import EventLoop
import FoundationEssentials
import FunctionsModel

/// Reports the start and end of one invocation.
@MainLoop
struct InvocationWatch {
    let id = UUID().uuidString.lowercased()
    let began = MonotonicTime.now
    private let function: Function
    private let cause: String
    private let tell: @MainLoop (HostEvent) -> Void

    init(_ function: Function, cause: String, tell: @escaping @MainLoop (HostEvent) -> Void) {
        self.function = function
        self.cause = cause
        self.tell = tell
        tell(.invocationStarted(InvocationStart(id: id, function: function.name, cause: cause)))
    }

    func end(_ fill: (inout InvocationEnd) -> Void) {
        var end = InvocationEnd(id: id, function: function.name, cause: cause, duration: MonotonicTime.now - began)
        fill(&end)
        tell(.invocationEnded(end))
    }
}
