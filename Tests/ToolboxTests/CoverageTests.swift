import EventLoop
import Foundation
import FunctionsModel
import LoopTesting
import Synchronization
import TestSupport
import Testing

@testable import Toolbox

@Suite struct CoverageTests {
    private static let coverage = Coverage([
        .init(name: "functions/order/handler.lua", lines: [1, 2, 4, 7, 8, 12], ran: [1, 2, 3, 8, 13]),
        .init(name: "lib/never.lua", lines: [1, 3], ran: []), .init(name: "lib/price.lua", lines: [2], ran: [2]),
    ])

    @Test func `a table has the lines that did not run, as ranges over lines without code`() {
        #expect(
            Self.coverage.table { _, text in text } == """
                file                          lines  covered       %  missing
                functions/order/handler.lua       6        3    50.0  4-7, 12
                lib/never.lua                     2        0     0.0  1-3
                lib/price.lua                     1        1   100.0
                all files                         9        4    44.4
                """)
    }

    @Test func `lcov has every line with code`() {
        #expect(
            Self.coverage.lcov.hasPrefix(
                """
                TN:
                SF:functions/order/handler.lua
                DA:1,1
                DA:2,1
                DA:4,0
                DA:7,0
                DA:8,1
                DA:12,0
                LF:6
                LH:3
                end_of_record
                TN:
                SF:lib/never.lua

                """))
    }

    @Test @MainLoop func `code that is interrupted and ended is covered exactly, and its limits hold`() async throws {
        MainLoopThread.start()
        let folder = try TemporaryApp([
            "functions/f/function.json": TemporaryApp.queueFunction,
            "functions/f/handler.lua": """
            local task = require "task"
            return function(data)
              if data.msg == "loop" then
                while true do
                  pcall(function() while true do end end)
                end
                print "never"
              end
              local sum = 0
              for i = 1, 100000 do
                sum = sum + i
              end
              local job = task.spawn(function()
                task.sleep(5)
                coroutine.wrap(function()
                  sum = 0
                end)()
              end)
              job:join()
              if sum ~= 0 then
                error "x"
              end
            end
            """,
            "functions/f/f_test.lua": """
            test("long", function() expect(invoke("f", "x").error):isNil() end)
            test("endless", function() expect(invoke("f", "loop").error):contains "did not end" end)
            """,
        ])
        let app = try AppLoader(.folder(folder.folder.path), settings: [:]).load()
        var options = TestRun.Options()
        options.timeLimit = .seconds(2)
        let record = Coverage.record(for: app)
        options.lines = record
        let failures = Mutex<[String]>([])
        let run = TestRun(app, files: try TestFiles.find(in: app, []), options: options)
        let summary = await run.run { file in
            failures.withLock { $0 += file.results.compactMap { $0.failure?.message } }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(summary.passed == 2)
        let files = Coverage(of: app, record).files
        #expect(files.map(\.name) == ["functions/f/handler.lua"])
        #expect(files.first?.missing == [7...7, 21...21])
    }

    @Test func `a percentage is rounded down`() {
        #expect(Coverage.percent(1999, of: 2000) == "99.9")
        #expect(Coverage.percent(0, of: 0) == "100.0")
        #expect(Self.coverage.reaches(percent: 44))
        #expect(!Self.coverage.reaches(percent: 45))
    }
}
