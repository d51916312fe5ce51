/// A number in a JSON text: an integer if the text has neither fraction nor exponent and fits 64 bits, else the nearest
/// double.
public enum JSONNumber {
    case integer(Int64)
    case double(Double)

    /// Reads the number at the cursor; returns nil if it is too large for a double. The number must be valid JSON and
    /// must end before the text does.
    @inlinable @inline(__always)
    public static func read(_ cursor: inout UnsafePointer<UInt8>) -> JSONNumber? {
        let first = cursor
        let isNegative = cursor.pointee == UInt8(ascii: "-")
        if isNegative { cursor += 1 }
        var decimal = Decimal()
        decimal.readDigits(&cursor)
        if cursor.pointee != UInt8(ascii: "."), cursor.pointee | 0x20 != UInt8(ascii: "e") {
            // Not every number of 19 digits fits 64 bits, and -0 is a double.
            if decimal.digits < 19, decimal.mantissa != 0 || !isNegative {
                let value = Int64(truncatingIfNeeded: decimal.mantissa)
                return .integer(isNegative ? 0 &- value : value)
            }
            return long(decimal, isNegative, from: first, to: cursor)
        }
        return readDouble(decimal, isNegative, from: first, &cursor)
    }

    /// Reads the rest of the number that begins at `first`. The cursor is at its fraction or exponent.
    @inline(never)
    public static func readDouble(
        _ integer: Decimal, _ isNegative: Bool, from first: UnsafePointer<UInt8>, _ cursor: inout UnsafePointer<UInt8>
    ) -> JSONNumber? {
        var decimal = integer
        decimal.readFraction(&cursor)
        decimal.readExponent(&cursor)
        if let value = decimal.value { return .double(isNegative ? -value : value) }
        return long(decimal, isNegative, from: first, to: cursor)
    }

    /// Reads a number that the fast paths do not handle.
    @inline(never)
    public static func long(
        _ decimal: Decimal, _ isNegative: Bool, from first: UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>
    ) -> JSONNumber? {
        let text = String(decoding: UnsafeBufferPointer(start: first, count: end - first), as: UTF8.self)
        if decimal.exponent == 0, decimal.digits <= 19, let value = Int64(text), value != 0 { return .integer(value) }
        guard let value = Double(text), value.isFinite else { return nil }
        return .double(value)
    }
}

/// The digits and the exponent of a number: mantissa × 10^exponent.
public struct Decimal {
    /// Correct only if the number has at most 19 digits.
    public var mantissa: UInt64 = 0
    /// The number of digits of the mantissa, without leading zeros.
    public var digits = 0
    public var exponent = 0

    @inlinable public init() {}

    @inlinable @inline(__always)
    public mutating func readDigits(_ cursor: inout UnsafePointer<UInt8>) {
        if cursor.pointee == UInt8(ascii: "0"), mantissa == 0 {
            repeat { cursor += 1 } while cursor.pointee == UInt8(ascii: "0")
        }
        let first = cursor
        while true {
            let digit = cursor.pointee &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            cursor += 1
        }
        digits &+= cursor - first
    }

    @inline(__always)
    fileprivate mutating func readFraction(_ cursor: inout UnsafePointer<UInt8>) {
        guard cursor.pointee == UInt8(ascii: ".") else { return }
        cursor += 1
        let first = cursor
        if mantissa == 0 {
            while cursor.pointee == UInt8(ascii: "0") { cursor += 1 }
        }
        let significant = cursor
        var more: (value: UInt64, digits: Int)
        repeat {
            more = EightBytes.decimal(EightBytes.load(cursor))
            mantissa = mantissa &* PowersOfTen.upToEight(more.digits) &+ more.value
            cursor += more.digits
        } while more.digits == 8
        digits &+= cursor - significant
        exponent = first - cursor
    }

    @inline(__always)
    fileprivate mutating func readExponent(_ cursor: inout UnsafePointer<UInt8>) {
        guard cursor.pointee | 0x20 == UInt8(ascii: "e") else { return }
        cursor += 1
        let isNegative = cursor.pointee == UInt8(ascii: "-")
        if isNegative || cursor.pointee == UInt8(ascii: "+") { cursor += 1 }
        var written = 0
        while true {
            let digit = cursor.pointee &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            if written < 100_000 { written = written * 10 + Int(digit) }
            cursor += 1
        }
        exponent += isNegative ? -written : written
    }

    /// The nearest double, with ties rounded to even; nil if the calculation needs more than 64 bits.
    @inline(__always)
    fileprivate var value: Double? {
        guard digits <= 19 else { return nil }
        if mantissa <= 1 << 53, -22...22 ~= exponent {
            // Both operands are exact doubles, so the single rounding is right (Clinger).
            let power = PowersOfTen.double[abs(exponent)]
            return exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
        }
        guard mantissa != 0, -27...27 ~= exponent else { return mantissa == 0 ? 0 : nil }
        return exponent < 0 ? quotient : product
    }

    /// The mantissa divided by a power of ten. It is rounded by 64 bits of the quotient and by whether there is a
    /// remainder.
    private var quotient: Double {
        let five = PowersOfTen.ofFive[-exponent]
        let divisor = five << UInt64(five.leadingZeroBitCount)
        let dividend = mantissa << UInt64(mantissa.leadingZeroBitCount)
        let scale = five.leadingZeroBitCount - mantissa.leadingZeroBitCount + exponent
        // This scaling makes the quotient exactly 64 bits long.
        let isLess = dividend < divisor
        let (quotient, rest) = divisor.dividingFullWidth(
            isLess ? (dividend, 0) : (dividend >> 1, dividend << 63))
        return Self.rounded(quotient, more: rest != 0, scale - (isLess ? 64 : 63))
    }

    private var product: Double {
        let (high, low) = mantissa.multipliedFullWidth(by: PowersOfTen.ofFive[exponent])
        if high == 0 {
            let shift = low.leadingZeroBitCount
            return Self.rounded(low << UInt64(shift), more: false, exponent - shift)
        }
        let shift = high.leadingZeroBitCount
        return Self.rounded(
            high << UInt64(shift) | low >> UInt64(64 - shift), more: low << UInt64(shift) != 0, exponent + 64 - shift)
    }

    /// The double nearest to bits × 2^exponent, or to slightly more than that if `more` is true. The highest of the
    /// bits must be set.
    @inline(__always)
    private static func rounded(_ bits: UInt64, more: Bool, _ exponent: Int) -> Double {
        var mantissa = bits >> 11
        let rest = bits & 0x7ff
        if rest > 0x400 || rest == 0x400 && (more || mantissa & 1 == 1) { mantissa += 1 }
        // If rounding makes the mantissa 2^53, the carry correctly increases the exponent by one.
        let biased = UInt64(exponent + 11 + 52 + 1023)
        return Double(bitPattern: biased << 52 &+ (mantissa &- 1 << 52))
    }
}

private enum PowersOfTen {
    @inline(__always)
    static func upToEight(_ exponent: Int) -> UInt64 { exponent == 8 ? 100_000_000 : short[exponent] }

    private static let short: [UInt64] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000]

    static let double: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    /// Powers of five up to 5^27, the largest that fits 64 bits.
    static let ofFive: [UInt64] = [
        1, 5, 25, 125, 625, 3125, 15_625, 78_125, 390_625, 1_953_125, 9_765_625, 48_828_125, 244_140_625, 1_220_703_125,
        6_103_515_625, 30_517_578_125, 152_587_890_625, 762_939_453_125, 3_814_697_265_625, 19_073_486_328_125,
        95_367_431_640_625, 476_837_158_203_125, 2_384_185_791_015_625, 11_920_928_955_078_125, 59_604_644_775_390_625,
        298_023_223_876_953_125, 1_490_116_119_384_765_625, 7_450_580_596_923_828_125,
    ]
}
