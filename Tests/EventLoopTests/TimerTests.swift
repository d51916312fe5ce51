import LoopTesting
import Testing

@testable import EventLoop

struct TimerTests {
    /// Turns the loop until the condition holds. A timer of 30 s ends a wait that would otherwise never end.
    private func run(_ loop: EventLoop, until isDone: () -> Bool) {
        let limit = Timer(loop)
        var isOver = false
        limit.fired = { isOver = true }
        limit.start(after: .seconds(30))
        while !isDone(), !isOver { _ = loop.step() }
        #expect(!isOver)
        limit.close()
    }

    private func withLoop(_ body: (EventLoop) throws -> Void) rethrows {
        let loop = EventLoop()
        loop.bind()
        try body(loop)
        #expect(loop.openHandles == [])
        loop.close()
    }

    @Test(arguments: [Duration.milliseconds(20), .microseconds(1500), .microseconds(10), .nanoseconds(1), .zero])
    func `a timer never fires early, even if the loop was busy before it began`(duration: Duration) {
        withLoop { loop in
            for _ in 0..<2 {
                _ = loop.step(waits: false)
                // libuv's cached time is now 30 ms old.
                let busy = MonotonicTime.now + .milliseconds(30)
                while MonotonicTime.now < busy {}
                var fired: MonotonicTime?
                let start = MonotonicTime.now
                loop.schedule(after: duration) { fired = .now }
                run(loop) { fired != nil }
                #expect((fired ?? start) - start >= duration)
            }
        }
    }

    @Test func `a new start replaces the one before`() {
        withLoop { loop in
            var count = 0
            let timer = Timer(loop) { count += 1 }
            timer.start(after: .seconds(1000))
            timer.start(after: .milliseconds(1))
            run(loop) { count == 1 }
            timer.start(after: .zero)
            run(loop) { count == 2 }
            timer.start(after: .milliseconds(1))
            timer.stop()
            var isLater = false
            loop.schedule(after: .milliseconds(5)) { isLater = true }
            run(loop) { isLater }
            #expect(count == 2)
            timer.close()
        }
    }

    @Test func `the timer that is due first fires first`() {
        withLoop { loop in
            var order: [Int] = []
            for milliseconds in [9, 3, 6, 1] {
                loop.schedule(after: .milliseconds(milliseconds)) { order.append(milliseconds) }
            }
            run(loop) { order.count == 4 }
            #expect(order == [1, 3, 6, 9])
        }
    }

    @Test func `a closed timer does nothing, and can be closed again`() {
        withLoop { loop in
            let timer = Timer(loop) { Issue.record("a closed timer goes off") }
            timer.start(after: .milliseconds(1))
            timer.close()
            timer.close()
            timer.start(after: .zero)
            timer.stop()
            let scheduled = loop.schedule(after: .milliseconds(1)) { Issue.record("a closed timer goes off") }
            scheduled.close()
            var isLater = false
            loop.schedule(after: .milliseconds(5)) { isLater = true }
            run(loop) { isLater }
        }
    }

    @Test func `a timer can be closed and freed by its own callback`() {
        withLoop { loop in
            weak var freed: Timer?
            var isDone = false
            do {
                let timer = Timer(loop)
                freed = timer
                timer.fired = { [unowned timer] in
                    timer.close()
                    isDone = true
                }
                timer.start(after: .zero)
            }
            run(loop) { isDone }
            #expect(freed == nil)
        }
    }

    @Test func `an absurdly long duration means never, and a negative one now`() {
        withLoop { loop in
            let never = Timer(loop) { Issue.record("the end of time") }
            never.start(after: Duration(secondsComponent: .max, attosecondsComponent: 0))
            var isDone = false
            loop.schedule(after: .seconds(-5)) { isDone = true }
            run(loop) { isDone }
            never.close()
        }
    }
}
