import TestSupport
import Testing

@testable import EventLoop

@Suite struct RingBufferTests {
    private func elements(_ buffer: RingBuffer<Int>) -> [Int] {
        var found: [Int] = []
        buffer.forEach { found.append($0) }
        return found
    }

    @Test func `elements leave in the order in which they came, however often the buffer wraps`() {
        var buffer = RingBuffer<Int>()
        var next = 0
        for round in 1...40 {
            for value in 0..<round { buffer.append(next + value) }
            for _ in 0..<round {
                #expect(buffer.popFirst() == next)
                next += 1
            }
        }
        #expect(buffer.isEmpty && buffer.popFirst() == nil && buffer.first == nil)
    }

    @Test func `matching elements are removed, and the others keep their order`() {
        var buffer = RingBuffer<Int>()
        for value in 0..<20 { buffer.append(value) }
        buffer.removeAll { $0 % 3 == 0 }
        #expect(elements(buffer) == (0..<20).filter { $0 % 3 != 0 })
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `elements are inserted and removed anywhere, as in an array`(seed: UInt64) {
        var numbers = Numbers(state: seed)
        func next(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &numbers) }
        var buffer = RingBuffer<Int>()
        var model: [Int] = []
        for step in 0..<2000 {
            switch next(5) {
            case 0, 1:
                let position = next(model.count + 1)
                buffer.insert(step, at: position)
                model.insert(step, at: position)
            case 2:
                buffer.append(step)
                model.append(step)
            case 3: #expect(buffer.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            default:
                let position = next(model.count + 1)
                #expect(buffer.remove(at: position) == (position < model.count ? model.remove(at: position) : nil))
            }
            #expect(buffer.count == model.count)
        }
        #expect(elements(buffer) == model)
        #expect(model.indices.allSatisfy { buffer[$0] == model[$0] } && buffer[-1] == nil && buffer[model.count] == nil)
    }

    @Test func `removed elements are not kept alive`() {
        final class Thing {}
        var buffer = RingBuffer<Thing>()
        weak var gone: Thing?
        do {
            let thing = Thing()
            gone = thing
            buffer.append(thing)
            _ = buffer.popFirst()
        }
        #expect(gone == nil)
    }
}
