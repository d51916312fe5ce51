extension Function {
    /// The host's rule for names (host-contract §14). They hold nothing that leads to another folder.
    package static func isName(_ name: String) -> Bool {
        name.utf8.count <= 128 && name.utf8.first.map(isLetter) == true
            && name.utf8.allSatisfy {
                isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
            }
    }

    /// The host keeps this name for its own paths.
    package static func isReserved(_ name: String) -> Bool { name.lowercased() == "host" }

    static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
