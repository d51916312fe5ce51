import EventLoop
import Foundation
import FunctionsModel
import TestSupport
import Testing

@testable import CustomHandler

/// Checks that the loop serves other calls while code runs for a long time.
@Suite(.serialized) struct FairnessTests {
    private static let count = 100

    /// 100 callers in one poll; their code takes several slices. Some of it sleeps first and then wakes together.
    @Test func `at most one slice is preempted between two polls`() async throws {
        var files: [String: String] = [:]
        for number in 0..<Self.count {
            let isSleepy = number % 4 == 0
            files["f\(number)/function.json"] = TemporaryApp.queueFunction
            files["f\(number)/handler.lua"] =
                "return function() \(isSleepy ? "require('task').sleep(0.01) " : "")for i = 1, 5000000 do end end"
        }
        let folder = try TemporaryApp(files)
        let app = try AppLoader(.folder(folder.folder.path), settings: [:]).load()
        let (ends, most) = try await HandTurnedWorker.onThread {
            let hand = try HandTurnedWorker(app)
            var calls = try app.names.map { try hand.invoke(overConnection: $0) }
            try hand.turn {
                calls.removeAll(where: \.isAnswered)
                return calls.isEmpty
            }
            return (hand.ends, hand.most)
        }
        #expect(most == 1)
        #expect(ends >= Self.count, "each code has had a slice")
    }

    /// Bodies of handlers that take long, with the text that their caller gets.
    private static let greedy = [
        // The other test covers several invocations; these are several tasks of one invocation.
        (
            "require('task').all { spin, spin, spin, spin, function() require('task').spawn(spin):join() end }",
            "200 "
        ),
        // 1,000 tasks whose to-be-closed variables run endless code.
        ("\(last("while true do end")) error 'over'", "over"),
        // Recycling this many threads takes several turns.
        ("for i = 1, 5000 do task.spawn(function() task.sleep(60) end) end task.sleep(0) error 'over'", "over"),
        // So does cancelling them.
        (
            "local t = {} for i = 1, 5000 do t[i] = task.spawn(task.sleep, 60) end task.sleep(0) "
                + "for i = 1, 5000 do t[i]:cancel() end",
            "200 "
        ),
        // The response waits for tasks that only compute.
        ("for i = 1, 4 do task.spawn(spin) end", "200 "),
        // A fork bomb.
        ("local function f() while true do task.spawn(f) task.sleep(0) end end f()", "not enough memory"),
        ("while true do task.spawn(spin) end", "not enough memory"),
        // Garbage near the memory limit.
        (
            "local t = {} for i = 1, 100000 do t[i] = { i } end for i = 1, 2000 do local s = ('y'):rep(64000) .. i end",
            "200 "
        ),
        // More memory than the limit.
        ("local t = {} while true do t[#t + 1] = { t } end", "not enough memory"),
        // A long JSON text.
        ("require('json').decode('[' .. ('[1],'):rep(1 << 17) .. '1]')", "200 "),
        // Calls that cannot be interrupted. Each is shorter than a slice, but they follow one another.
        (
            "local function index(_, i) for j = 1, 30000 do end return i < 300 and i or nil end "
                + "for _ in ipairs(setmetatable({}, { __index = index })) do end",
            "200 "
        ),
        (
            "for i = 1, 9 do ('%s'):format(setmetatable({}, { __tostring = function() spin() return '' end })) end",
            "200 "
        ),
        // The garbage of this handler is collected before the VM is idle.
        ("for i = 1, 100000 do kept[i] = { i } end kept = {}", "200 "),
    ]

    private static func last(_ code: String) -> String {
        "for i = 1, 1000 do task.spawn(function() local x <close> = setmetatable({}, { __close = function() \(code) end }) "
            + "task.sleep(60) end) end task.sleep(0)"
    }

    @Test(arguments: greedy)
    func `other calls are answered within a few slices, whatever an invocation does`(
        _ code: String, _ outcome: String
    ) async throws {
        try await check(code, outcome)
    }

    @Test(arguments: ["[\(list)1]", "\"[\(list)1]\"", "0,\"more\":[\(list)1]", "0,\"more\":\"\(text)\""])
    func `other calls are answered within a few slices while a long payload is read`(_ message: String) async throws {
        try await check("", "200 ", message: message)
    }

    private static let list = String(repeating: "[1],", count: 1 << 16)
    private static let text = String(repeating: "é", count: 1 << 21)

    private func check(_ code: String, _ outcome: String, message: String = "0") async throws {
        let folder = try TemporaryApp([
            "greedy/function.json": #"""
            { "bindings": [ { "name": "msg", "type": "queueTrigger", "queueName": "q" } ],
              "lua": { "timeLimit": "60s", "memoryLimit": "16MB" } }
            """#,
            "greedy/handler.lua": """
            local task = require "task"
            local kept = {}
            local function spin() for i = 1, 5000000 do end end
            return function() \(code) end
            """,
            "small/function.json": TemporaryApp.queueFunction,
            "small/handler.lua": "return function() end",
        ])
        let app = try AppLoader(.folder(folder.folder.path), settings: [:]).load()
        let seen = try await HandTurnedWorker.onThread {
            let hand = try HandTurnedWorker(app)
            let greedy = try hand.invoke("greedy", message: message)
            var slowest = 0
            // After the response, threads may have to be recycled and garbage collected.
            var after = 0
            while after < 50 {
                let small = try hand.invoke("small")
                try hand.turn { small.reply != nil }
                slowest = max(slowest, small.slices)
                if greedy.reply != nil { after += 1 }
            }
            let reply = greedy.reply.map { "\($0.status) \($0.text)" } ?? ""
            return (text: reply, slowest: slowest, most: hand.most, ends: hand.ends)
        }
        #expect(seen.text.contains(outcome), "\(seen.text)")
        #expect(seen.slowest <= 4)
        #expect(seen.most == 1 && seen.ends > 1, "\(seen)")
    }
}
