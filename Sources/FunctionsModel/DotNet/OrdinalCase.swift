/// Compares letters as .NET's `OrdinalIgnoreCase` does: one by one and without language rules. An ASCII letter never
/// equals a non-ASCII one, so the Kelvin sign is not equal to `k`.
enum OrdinalCase {
    static func lowered(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }

    static func fold(_ text: Span<UInt8>) -> [UInt8] {
        var folded: [UInt8] = []
        folded.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if text[index] < 0x80 {
                folded.append(lowered(text[index]))
                index += 1
            } else {
                folded.append(contentsOf: foldScalar(text, &index))
            }
        }
        return folded
    }

    /// The last occurrence of `folded` that ends at or before `limit`. Its length may differ from that of `folded`.
    static func lastRange(of folded: [UInt8], in text: Span<UInt8>, before limit: Int) -> Range<Int>? {
        var start = limit
        while start >= 0 {
            if let end = end(of: folded, in: text, from: start, before: limit) { return start..<end }
            start -= 1
        }
        return nil
    }

    private static func end(of folded: [UInt8], in text: Span<UInt8>, from start: Int, before limit: Int) -> Int? {
        var index = start
        var matched = 0
        while matched < folded.count {
            guard index < limit else { return nil }
            if text[index] < 0x80 {
                guard folded[matched] == lowered(text[index]) else { return nil }
                matched += 1
                index += 1
            } else {
                // A match cannot begin in the middle of a character.
                guard text[index] >= 0xc0 else { return nil }
                let scalar = foldScalar(text, &index)
                guard folded[matched...].starts(with: scalar) else { return nil }
                matched += scalar.count
            }
        }
        return index <= limit ? index : nil
    }

    /// Folds one non-ASCII scalar to upper case, if that is a single non-ASCII scalar too.
    private static func foldScalar(_ text: Span<UInt8>, _ index: inout Int) -> String.UTF8View {
        let lead = text[index]
        let end = min(index + (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2), text.count)
        let scalar = text.extracting(index..<end).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        index = end
        let upper = scalar.unicodeScalars.first?.properties.uppercaseMapping ?? scalar
        let isLetter = upper.unicodeScalars.count == 1 && upper.utf8.count > 1
        return (isLetter ? upper : scalar).utf8
    }
}

/// A literal of a route, ready to be compared.
struct FoldedText: Sendable, Equatable {
    let text: String
    let folded: [UInt8]

    init(_ text: String) {
        self.text = text
        folded = OrdinalCase.fold(text.utf8Span.span)
    }

    static func == (first: FoldedText, second: FoldedText) -> Bool { first.folded == second.folded }
}
