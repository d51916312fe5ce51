/// The source of an app's files.
public enum AppSource: Sendable {
    /// A folder, given by its path.
    case folder(String)
    /// Files that are part of the program, by their paths in Azure's flat layout. They never change.
    case archive([String: [UInt8]], of: String)
}
