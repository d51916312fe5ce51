import EventLoop
import Foundation
import FunctionsModel
import HTTP
import HTTP1
import Log
import Lua
import TestSupport
import Testing

@testable import CustomHandler

/// A function whose pools a test fills by hand.
struct TemporaryPool {
    private let app: TemporaryApp
    private let loaded: FunctionApp
    let function: Function

    init() throws {
        app = try TemporaryApp([
            "f/function.json": TemporaryApp.queueFunction, "f/handler.lua": "return function() end",
        ])
        loaded = try AppLoader(.folder(app.folder.path), settings: [:]).load()
        function = try #require(loaded.list.first)
    }

    func pool(alternates: Bool = false, dismantle: @escaping (FunctionVM) -> Void = { _ in }) -> FunctionPool {
        FunctionPool(
            function, files: loaded.files, timeLimit: Deadline.Limit(nil, .host), alternates: alternates,
            dismantle: dismantle)
    }

    func vm(of pool: FunctionPool) throws -> FunctionVM {
        try FunctionVM(pool: pool, options: InvocationOptions(logger: .silent))
    }

    func invocation(limit: Duration? = nil, wire: Wire = .payload, caller: TestCaller = TestCaller { _ in }) throws
        -> Invocation
    {
        Invocation(
            of: function, try HTTPRequest(method: .post, target: "/f"), wire: wire, caller: caller, id: .host(0..<0),
            deadline: Deadline(Deadline.Limit(limit, .host)))
    }
}

/// Which invocations get a VM, which wait and which fail.
@Suite struct FunctionPoolTests {
    private let folder: TemporaryPool
    init() throws { folder = try TemporaryPool() }

    @Test func `a pool without VMs loads one for the first invocation`() throws {
        let pool = folder.pool()
        #expect(pool.isUntried && pool.idleVM == nil)
        guard case .wait = pool.decision() else { throw Unexpected() }
        pool.add(try folder.invocation())
        guard case .load = pool.decision() else { throw Unexpected() }
        pool.beginLoading()
        guard case .wait = pool.decision() else { throw Unexpected() }
    }

    @Test func `another VM is loaded for each waiting invocation, up to the limit`() throws {
        let pool = folder.pool()
        for _ in 0..<10 { pool.add(try folder.invocation()) }
        for _ in 0..<FunctionPool.limit {
            guard case .load = pool.decision() else { throw Unexpected() }
            pool.beginLoading()
        }
        guard case .wait = pool.decision() else { throw Unexpected() }
        #expect(pool.vms == FunctionPool.limit)
    }

    @Test func `invocations start in the order in which they came, each on a free VM`() throws {
        let pool = folder.pool()
        let invocations = try (0..<2).map { _ in try folder.invocation() }
        for invocation in invocations { pool.add(invocation) }
        let vm = try loadedVM(of: pool)
        guard case .start(let first, let its) = pool.decision() else { throw Unexpected() }
        #expect(first === invocations[0] && its === vm)
        pool.removeFirst()
        pool.occupy(vm)
        #expect(pool.free.isEmpty)
        guard case .load = pool.decision() else { throw Unexpected() }
        pool.free(vm)
        guard case .start(let second, _) = pool.decision() else { throw Unexpected() }
        #expect(second === invocations[1])
    }

    @Test func `an invocation begins immediately only if no other waits`() throws {
        let pool = folder.pool()
        let vm = try loadedVM(of: pool)
        #expect(pool.idleVM === vm)
        pool.add(try folder.invocation())
        #expect(pool.idleVM == nil)
        pool.removeFirst()
        #expect(pool.idleVM === vm)
    }

    @Test func `an invocation whose deadline has passed fails even if a VM is free`() throws {
        let pool = folder.pool()
        _ = try loadedVM(of: pool)
        let late = try folder.invocation(limit: .zero)
        pool.add(late)
        guard case .expire(let expired) = pool.decision() else { throw Unexpected() }
        #expect(expired === late)
    }

    @Test func `an invocation may start until its deadline, and not after it`() throws {
        let pool = folder.pool()
        let vm = try loadedVM(of: pool)
        let invocation = try folder.invocation(limit: .seconds(10))
        pool.add(invocation)
        let deadline = invocation.deadline.time
        guard case .start(_, let its) = pool.decision(at: deadline + .nanoseconds(-1)) else { throw Unexpected() }
        #expect(its === vm)
        for late in [deadline, deadline + .seconds(1), .distantFuture] {
            guard case .expire(let expired) = pool.decision(at: late) else { throw Unexpected() }
            #expect(expired === invocation)
        }
    }

    @Test func `an invocation without a time limit never expires`() throws {
        let pool = folder.pool()
        pool.add(try folder.invocation())
        guard case .load = pool.decision(at: .distantFuture) else { throw Unexpected() }
    }

    @Test func `an invocation whose caller disconnects makes room for the next`() throws {
        let pool = folder.pool()
        let invocations = try (0..<2).map { _ in try folder.invocation() }
        for invocation in invocations { pool.add(invocation) }
        pool.remove(invocations[0])
        #expect(invocations[0].hasEnded)
        _ = try loadedVM(of: pool)
        guard case .start(let next, _) = pool.decision() else { throw Unexpected() }
        #expect(next === invocations[1])
    }

    // MARK: Loading

    @Test func `if a script cannot be loaded, all waiting and later invocations fail`() throws {
        let pool = folder.pool()
        let waiting = try folder.invocation()
        pool.add(waiting)
        pool.beginLoading()
        var told: [InvocationFailure?] = []
        pool.watchLoading { told.append($0) }
        let failure = InvocationFailure(.function, "broken")
        #expect(pool.endLoading(failure).map(ObjectIdentifier.init) == [ObjectIdentifier(waiting)])
        #expect(told == [failure] && pool.failure == failure && pool.vms == 0)
        pool.add(try folder.invocation())
        guard case .fail(_, failure) = pool.decision() else { throw Unexpected() }
    }

    @Test func `after a limit was reached while loading, loading is tried again`() throws {
        let pool = folder.pool()
        pool.beginLoading()
        _ = pool.endLoading(InvocationFailure(.limit, "slow"))
        #expect(pool.failure == nil && pool.isUntried)
    }

    @Test func `if another VM cannot be loaded, waiting invocations get the running one`() throws {
        let pool = folder.pool()
        let vm = try loadedVM(of: pool)
        pool.occupy(vm)
        pool.add(try folder.invocation())
        pool.beginLoading()
        #expect(pool.endLoading(InvocationFailure(.function, "broken")).isEmpty)
        #expect(pool.failure == nil && pool.hasWaiting && pool.loadFailures == 1)
    }

    // MARK: Turns

    @Test func `in development the second invocation gets a second VM, and then both take turns`() throws {
        let pool = folder.pool(alternates: true)
        let first = try loadedVM(of: pool)
        #expect(pool.idleVM === first)
        run(on: first, of: pool)
        #expect(pool.idleVM == nil)
        pool.add(try folder.invocation())
        guard case .load = pool.decision() else { throw Unexpected() }
        let second = try loadedVM(of: pool)
        guard case .start(_, let its) = pool.decision() else { throw Unexpected() }
        #expect(its === second)
        pool.removeFirst()
        var turns: [Bool] = []
        for _ in 0..<4 {
            let vm = try #require(pool.idleVM)
            turns.append(vm === second)
            run(on: vm, of: pool)
        }
        #expect(turns == [true, false, true, false] && pool.vms == 2)
    }

    @Test func `if the second VM does not load, the first one goes on alone`() throws {
        let pool = folder.pool(alternates: true)
        let vm = try loadedVM(of: pool)
        run(on: vm, of: pool)
        pool.add(try folder.invocation())
        pool.beginLoading()
        #expect(pool.endLoading(InvocationFailure(.function, "broken")).isEmpty)
        guard case .start(_, let its) = pool.decision() else { throw Unexpected() }
        #expect(its === vm)
        pool.removeFirst()
        run(on: vm, of: pool)
        #expect(pool.idleVM === vm && pool.failure == nil)
    }

    private func run(on vm: FunctionVM, of pool: FunctionPool) {
        pool.occupy(vm)
        pool.free(vm)
    }

    // MARK: The end

    @Test func `a retired pool frees its idle VMs once no invocation waits`() throws {
        var given: [FunctionVM] = []
        let pool = folder.pool { given.append($0) }
        let (idle, busy) = (try loadedVM(of: pool), try loadedVM(of: pool))
        pool.occupy(busy)
        let waiting = try folder.invocation()
        pool.add(waiting)
        pool.retire()
        #expect(given.isEmpty)
        pool.remove(waiting)
        #expect(given.count == 1 && given[0] === idle && pool.free.isEmpty)
        pool.free(busy)
        #expect(given.count == 2 && given[1] === busy && pool.free.isEmpty)
    }

    // MARK: -

    private struct Unexpected: Error {}

    /// A VM whose script is loaded and that is free for an invocation.
    private func loadedVM(of pool: FunctionPool) throws -> FunctionVM {
        pool.beginLoading()
        let vm = try folder.vm(of: pool)
        let task = try vm.loadingTask(for: Execution(nil, on: vm, deadline: Deadline(Deadline.Limit(nil, .host))))
        guard case .finished(let count) = vm.resume(task),
            case .end(.complete) = vm.next(after: task, results: count)
        else { throw Unexpected() }
        #expect(pool.endLoading(nil).isEmpty)
        pool.free(vm)
        return vm
    }
}
