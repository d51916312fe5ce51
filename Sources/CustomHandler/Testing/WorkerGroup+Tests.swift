import EventLoop
package import Lua

/// Runs the tests of one file. The group must be one for tests, on a loop that runs no other file meanwhile.
extension WorkerGroup {
    /// Runs the file's top level. Returns the names of the tests that it has registered, and how it has ended.
    ///
    /// - Parameters:
    ///   - limit: the real time that each part of the file may take.
    ///   - globals: adds the globals of a higher floor.
    package func loadTests(
        _ file: String, limit: Duration, globals: @escaping TestGlobals
    ) async -> (names: [String], end: TestEnd) {
        await ask(loop) { worker, end in
            guard let scheduler = worker.scheduler, let bench = worker.bench else {
                return end(([], TestEnd(reason: .failed(InvocationFailure(.function, "there is no app")), logs: [])))
            }
            let script = TestScript(file, on: scheduler, bench, limit: limit, globals: globals)
            worker.tests = script
            script.load { end((script.names, $0)) }
        }
    }

    /// - Parameter number: the test's place in the list of names.
    package func runTest(_ number: Int) async -> TestEnd {
        await ask(loop) { worker, end in
            guard let script = worker.tests else { return end(TestEnd(reason: .passed, logs: [])) }
            script.run(number, end: end)
        }
    }

    /// Ends a wait that `TestBorder.wait` has begun. `push` pushes the results.
    package func complete(
        _ wait: TestWait, _ push: @escaping @Sendable (LuaStack, TestBorder) throws(LuaError) -> Int
    ) {
        let work: @Sendable () -> Void = { [self] in
            // What a test has called may outlive the file. `perform` would then make a new worker.
            guard let worker = loop[resident: self] as? Worker else { return }
            worker.bench?.clock.release()
            guard let script = worker.tests else { return }
            script.complete(wait.number) { [unowned script] stack throws(LuaError) in
                try push(stack, TestBorder(script: script))
            }
            script.leave(wait.part)
        }
        if loop.isCurrent { work() } else { loop.submit(work) }
    }
}

/// Adds the globals of a higher floor to a test file. It leaves the stack as high as it was.
package typealias TestGlobals = @Sendable (LuaStack, TestBorder) throws(LuaError) -> Void

/// A task of a test that waits for something outside of the scheduler.
package struct TestWait: Sendable {
    fileprivate let number: Int
    fileprivate let part: Int
}

/// What the functions of a higher floor can do in a test file.
package struct TestBorder {
    unowned let script: TestScript

    init(script: TestScript) { self.script = script }

    /// Makes the top value a global variable of the file. [-1]
    package func define(_ name: String, on stack: LuaStack) { TestPrelude.define(name, on: stack, script) }

    /// Makes the calling task wait until `WorkerGroup.complete`. A Swift function called from Lua must return the result
    /// of this call. The clock stands still meanwhile, except while `WorkerGroup.answer` runs a function.
    package func wait(on stack: LuaStack, _ begin: @escaping (TestWait) -> Void) -> Int {
        script.wait(on: stack) { [unowned script] number in
            script.bench.clock.hold()
            begin(TestWait(number: number, part: script.enter()))
        }
    }

    /// Gives the table on top, whose field `headers` is a table, the methods of a message. [0]
    package func equip(_ stack: LuaStack) { script.equip(stack) }

    /// The time of the test's clock, in seconds since 1970.
    package var time: Double { script.time }
}
