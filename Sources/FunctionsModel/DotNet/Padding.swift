extension BinaryInteger {
    /// The digits, with zeros in front up to `width`, as .NET's formats `D4` and `X4` write a number that is not negative.
    package func padded(_ width: Int, radix: Int = 10, uppercase: Bool = false) -> String {
        let digits = String(self, radix: radix, uppercase: uppercase)
        return String(repeating: "0", count: Swift.max(0, width - digits.utf8.count)) + digits
    }
}
