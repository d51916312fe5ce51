/// The limits of the code that a text is read for. Nothing else stops Swift code.
package protocol JSONLimits {
    /// Throws the limit that was reached after that many more bytes; returns false if the time slice is over.
    func hasTime(after bytes: Int) throws(JSONError.SyntaxReason) -> Bool
}
