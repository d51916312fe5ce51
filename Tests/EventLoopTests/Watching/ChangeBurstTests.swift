import Testing

@testable import EventLoop

struct ChangeBurstTests {
    let file = ChangeBurst.File(watch: 1, name: Array("module.lua".utf8))
    let other = ChangeBurst.File(watch: 2, name: Array("module.lua".utf8))

    private func time(_ milliseconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

    @Test func `a burst is over after a pause`() {
        var burst = ChangeBurst()
        #expect(!burst.isUnderWay)
        #expect(burst.add([.done(file)], at: time(0)) == time(15))
        #expect(burst.add([.done(file)], at: time(10)) == time(25))
        #expect(burst.isUnderWay)
        burst.end()
        #expect(!burst.isUnderWay)
        #expect(burst.add([], at: time(40)) == time(55))
    }

    @Test func `a burst without a pause is ended after a while`() {
        var burst = ChangeBurst()
        for milliseconds in stride(from: Int64(0), to: 90, by: 5) {
            #expect(burst.add([.done(file)], at: time(milliseconds)) == time(min(milliseconds + 15, 100)))
        }
        #expect(burst.add([.done(file)], at: time(99)) == time(100))
    }

    @Test func `a file that is still being written holds the burst for a second`() {
        var burst = ChangeBurst()
        #expect(burst.add([.written(file)], at: time(0)) == time(1000))
        #expect(burst.add([.done(other)], at: time(10)) == time(1000))
        #expect(burst.add([.written(file)], at: time(500)) == time(1000))
        #expect(burst.add([.done(file)], at: time(501)) == time(100))
        burst.end()
        #expect(burst.add([.done(other)], at: time(1100)) == time(1115))
    }

    @Test func `after lost events no file is waited for`() {
        var burst = ChangeBurst()
        _ = burst.add([.written(file)], at: time(0))
        #expect(burst.add([.lost], at: time(10)) == time(25))
    }
}
