/// Base64 (RFC 4648) that accepts no text but the one that it would write itself.
enum Base64Text {
    enum Alphabet {
        /// With `+`, `/` and padding.
        case standard
        /// With `-`, `_` and no padding.
        case url

        fileprivate var last: (UInt8, UInt8) {
            self == .standard ? (UInt8(ascii: "+"), UInt8(ascii: "/")) : (UInt8(ascii: "-"), UInt8(ascii: "_"))
        }
    }

    static func encode(_ bytes: [UInt8], _ alphabet: Alphabet) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 3 * 4 + 4)
        var bits: UInt32 = 0
        var count = 0
        func put(_ value: UInt32) {
            switch value {
            case 0..<26: text.append(UInt8(ascii: "A") + UInt8(truncatingIfNeeded: value))
            case 26..<52: text.append(UInt8(ascii: "a") + UInt8(truncatingIfNeeded: value - 26))
            case 52..<62: text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value - 52))
            default: text.append(value == 62 ? alphabet.last.0 : alphabet.last.1)
            }
        }
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                put(bits >> UInt32(count) & 63)
            }
        }
        if count > 0 { put(bits << UInt32(6 - count) & 63) }
        while alphabet == .standard, text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return String(decoding: text, as: UTF8.self)
    }

    static func decode(_ text: some Collection<UInt8>, _ alphabet: Alphabet) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 3)
        var bits: UInt32 = 0
        var count = 0
        var digits = 0
        var padding = 0
        for letter in text {
            if letter == UInt8(ascii: "="), alphabet == .standard {
                padding += 1
                continue
            }
            guard padding == 0, let value = value(of: letter, alphabet) else { return nil }
            digits += 1
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
        // Six bits that are left would be a letter that no byte needs.
        guard count < 6, bits == 0 else { return nil }
        return alphabet == .url || padding == (4 - digits % 4) % 4 ? bytes : nil
    }

    private static func value(of letter: UInt8, _ alphabet: Alphabet) -> UInt32? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(letter - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(letter - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(letter - UInt8(ascii: "0")) + 52
        case alphabet.last.0: 62
        case alphabet.last.1: 63
        default: nil
        }
    }
}
