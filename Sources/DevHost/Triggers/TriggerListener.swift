import EventLoop

/// Waits for the events that fire a function. After `stop`, invocations that have begun still finish.
@MainLoop
protocol TriggerListener: AnyObject {
    func start()
    func stop()
}
