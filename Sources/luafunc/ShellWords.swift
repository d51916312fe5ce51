import DevHost

extension String {
    /// The text as one word of a shell's command line.
    var shellWord: String {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
                    true
                default: "-_./:=@%+,".utf8.contains(byte)
                }
            }
        return isPlain ? self : "'\(replacing("'", with: #"'\''"#))'"
    }
}

extension HostListing {
    /// A command line that calls the first HTTP function without parameters in its route; nil if there is none.
    var firstCall: String? {
        guard let function = functions.first(where: { $0.isHTTP && $0.problem == nil && !$0.address.contains("{") })
        else { return nil }
        var words = ["curl"]
        if let certificate { words += ["--cacert", certificate.shellWord] }
        words.append(function.address.shellWord)
        if let method = function.methods.first, !function.methods.contains("GET") {
            words += method == "POST" ? ["-d", "'{}'"] : ["-X", method]
        }
        if let masterKey { words += ["-H", "x-functions-key: \(masterKey)".shellWord] }
        return words.joined(separator: " ")
    }
}
