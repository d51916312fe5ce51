/// Where an app's files are.
public enum AppSource: Sendable {
    /// A folder, by its path.
    case folder(String)
    /// Inside the program, by paths in Azure's flat layout; nothing of it changes.
    case archive([String: [UInt8]], of: String)
}
