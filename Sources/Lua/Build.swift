internal import CLua

/// What this program was built of.
public enum Build {
    /// The commit, or `development` where nobody said.
    public static var commit: String { String(cString: clua_commit()) }

    /// Bytes of the program's file as it was linked, if its linker wrote the table of sections last; what follows was
    /// appended.
    public static var imageSize: Int { clua_imagesize() }

    /// `Lua 5.4.4`
    public static var lua: String { String(cString: clua_release()) }
}
