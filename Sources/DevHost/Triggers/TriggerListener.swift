import EventLoop

/// Waits for what fires a function. What was begun is finished after `stop`, too.
@MainLoop
protocol TriggerListener: AnyObject {
    func start()
    func stop()
}
