/// The limits of the code for which a JSON text is read. The reader must check them itself, because nothing else can
/// stop Swift code.
public protocol JSONLimits {
    /// Checks the limits after the reader has read `bytes` more bytes. Throws the limit that was reached; returns false
    /// if the time slice is over.
    func hasTime(after bytes: Int) throws(JSONError.SyntaxReason) -> Bool
}
