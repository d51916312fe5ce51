internal import CLua

/// What this program was built of.
public enum Build {
    /// The commit, or `development` where nobody said.
    public static var commit: String { String(cString: clua_commit()) }

    /// `Lua 5.4.4`
    public static var lua: String { String(cString: clua_release()) }
}
