/// The source of an app's files.
public enum AppSource: Sendable {
    /// A folder, by its path.
    case folder(String)
    /// Files inside the program, by their paths in Azure's flat layout; they never change.
    case archive([String: [UInt8]], of: String)
}
