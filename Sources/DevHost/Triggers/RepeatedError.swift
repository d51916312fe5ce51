/// An error that may come again at each attempt, and is told only when it changes.
struct RepeatedError {
    private var last: String?

    /// Returns the error's text if it must be told.
    mutating func news(_ error: some Error) -> String? {
        let text = "\(error)"
        defer { last = text }
        return text == last ? nil : text
    }

    /// An attempt has succeeded, so that the same error would be news.
    mutating func end() { last = nil }
}
