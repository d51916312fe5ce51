extension Function {
    /// The host's rule for names (host-contract §14; golden/dotnet/names). They hold nothing that leads to another
    /// folder.
    package static func isName(_ name: String) -> Bool {
        name.utf16.count <= 128 && name.unicodeScalars.first.map(isLetter) == true
            && name.unicodeScalars.allSatisfy { isLetter($0) || Binding.isLetterOrDigit($0) || $0 == "_" || $0 == "-" }
    }

    /// The host keeps this name for its own paths.
    package static func isReserved(_ name: String) -> Bool { name.lowercased() == "host" }

    /// The host's rule ignores case, so that the Kelvin sign counts as a K.
    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\u{212a}" || Binding.isLetterOrDigit(scalar) && !("0"..."9").contains(scalar)
    }
}

extension Binding {
    /// The host's rule for names (golden/dotnet/names).
    static func isName(_ name: String) -> Bool {
        name == "$return"
            || name.utf8.count <= 128 && name.unicodeScalars.first.map { !("0"..."9").contains($0) } == true
                && name.unicodeScalars.allSatisfy(isLetterOrDigit)
    }

    fileprivate static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }
}
