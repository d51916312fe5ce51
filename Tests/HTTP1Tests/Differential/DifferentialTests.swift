import Foundation
import Testing

@testable import HTTP1

/// Compares our parsers with http-parser: both read the same messages, or ours refuses.
@Suite struct DifferentialTests {
    private static let sides: [Side] = [.requests, .responses(toHead: false), .responses(toHead: true)]

    private static func corpus(_ side: Side) -> [String] { side == .requests ? Corpus.requests : Corpus.responses }

    @Test(arguments: sides)
    func `both parsers read the corpus in the same way, wherever it is cut`(_ side: Side) {
        for text in Self.corpus(side) {
            for place in 0...text.utf8.count {
                guard let disagreement = Comparison.disagreement(cut(text, at: place), side) else { continue }
                Issue.record("\(text.debugDescription), cut at \(place): \(disagreement)")
                break
            }
            #expect(
                Comparison.disagreement(text.utf8.map { [$0] }, side) == nil, "\(text.debugDescription), byte by byte")
        }
    }

    @Test(arguments: sides)
    func `the result does not depend on where the bytes are cut`(_ side: Side) {
        for text in Self.corpus(side) {
            let whole = OurReader.read([Array(text.utf8)], side)
            for place in 0...text.utf8.count { #expect(OurReader.read(cut(text, at: place), side) == whole, "\(text)") }
        }
    }

    /// `scripts/fuzz-http1` runs it with other seeds and more rounds.
    @Test(arguments: sides)
    func `both parsers read random changes of the corpus in the same way`(_ side: Side) {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["HTTP1_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
        let rounds = environment["HTTP1_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 10_000
        var mutation = Mutation(seed: seed)
        var accepted = 0
        for round in 0..<rounds {
            let bytes = mutation.message(Self.corpus(side))
            let pieces = mutation.cut(bytes)
            if let disagreement = Comparison.disagreement(pieces, side) {
                let text = pieces.map { String(decoding: $0, as: UTF8.self).debugDescription }
                Issue.record("seed \(seed), round \(round), \(text): \(disagreement)")
                return
            }
            if !OurReader.read(pieces, side).messages.isEmpty { accepted += 1 }
        }
        // A test in which most messages are refused would prove nothing.
        #expect(accepted > rounds / 10, "\(accepted)")
    }

    @Test(arguments: Difference.stricter)
    func `this parser is stricter only where it is listed`(_ difference: Difference) {
        let bytes = [Array(difference.text.utf8)]
        let theirs = TheirReader.read(bytes, difference.side)
        #expect(theirs.error == nil && !theirs.messages.isEmpty, "\(theirs)")
        #expect(OurReader.read(bytes, difference.side).error != nil)
    }

    @Test(arguments: Difference.wider)
    func `this parser accepts more only where it is listed`(_ difference: Difference) {
        var parser = RequestParser()
        var head = RequestHead()
        let bytes = Array(difference.text.utf8)
        guard case .complete = parser.parse(bytes.span.bytes, into: &head) else { return #expect(Bool(false)) }
        #expect(TheirReader.read([bytes], difference.side).error != nil)
    }
}
