/// Reads numbers: an integer if it fits 64 bits, else the nearest double.
extension JSONScanner {
    /// An integer if the text has neither fraction nor exponent and fits 64 bits, else a double.
    mutating func number() throws(JSONError) -> Number {
        let first = cursor
        let negative = first < end && first.pointee == UInt8(ascii: "-")
        if negative { cursor += 1 }
        guard let leading = digit else {
            cursor = first
            if negative { throw error(.invalidNumber) }
            throw unexpected("a value")
        }
        var mantissa: UInt64 = 0
        var overflowed = false
        var exponent = 0
        if leading == 0 {
            cursor += 1
            if digit != nil { throw error(.invalidNumber, at: first) }
        } else {
            while let digit {
                append(digit, to: &mantissa, &overflowed)
                cursor += 1
            }
        }
        let isInteger = cursor == end || !isFraction(cursor.pointee)
        if isInteger, !overflowed, let value = integer(mantissa, negative: negative) { return .integer(value) }
        if cursor < end, cursor.pointee == UInt8(ascii: ".") {
            cursor += 1
            guard digit != nil else { throw error(.invalidNumber, at: first) }
            while let digit {
                append(digit, to: &mantissa, &overflowed)
                exponent -= 1
                cursor += 1
            }
        }
        if cursor < end, cursor.pointee | 0x20 == UInt8(ascii: "e") {
            cursor += 1
            var negativeExponent = false
            if cursor < end, cursor.pointee == UInt8(ascii: "-") || cursor.pointee == UInt8(ascii: "+") {
                negativeExponent = cursor.pointee == UInt8(ascii: "-")
                cursor += 1
            }
            guard digit != nil else { throw error(.invalidNumber, at: first) }
            var written = 0
            while let digit {
                if written < 100_000 { written = written * 10 + Int(digit) }
                cursor += 1
            }
            exponent += negativeExponent ? -written : written
        }
        return .double(try double(mantissa, exponent, negative, exact: !overflowed, from: first))
    }

    private var digit: UInt8? {
        guard cursor < end else { return nil }
        let value = cursor.pointee &- UInt8(ascii: "0")
        return value < 10 ? value : nil
    }

    private func isFraction(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") }

    private func append(_ digit: UInt8, to mantissa: inout UInt64, _ overflowed: inout Bool) {
        let (product, tooLarge) = mantissa.multipliedReportingOverflow(by: 10)
        let (sum, carried) = product.addingReportingOverflow(UInt64(digit))
        if tooLarge || carried { overflowed = true }
        mantissa = sum
    }

    private func integer(_ mantissa: UInt64, negative: Bool) -> Int64? {
        if !negative { return Int64(exactly: mantissa) }
        if mantissa == 0 { return nil }  // -0 is a double
        return mantissa <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- mantissa) : nil
    }

    private func double(
        _ mantissa: UInt64, _ exponent: Int, _ negative: Bool, exact: Bool, from first: UnsafePointer<UInt8>
    ) throws(JSONError) -> Double {
        // Both operands are exact doubles, so the single rounding is correct (Clinger).
        if exact, mantissa <= 1 << 53, -22...22 ~= exponent {
            let value = Double(mantissa)
            let scaled = exponent < 0 ? value / powersOfTen[-exponent] : value * powersOfTen[exponent]
            return negative ? -scaled : scaled
        }
        // Limited, as nothing could stop the conversion.
        guard cursor - first <= 64 << 10 else { throw error(.numberOutOfRange, at: first) }
        let text = String(decoding: UnsafeBufferPointer(start: first, count: cursor - first), as: UTF8.self)
        guard let value = Double(text) else { throw error(.invalidNumber, at: first) }
        guard value.isFinite else { throw error(.numberOutOfRange, at: first) }
        return value
    }
}

private let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
]
