internal import CLua

/// Facts about this program's build.
public enum Build {
    /// The commit, or `development` if the build did not name one.
    public static var commit: String { String(cString: clua_commit()) }

    /// The size in bytes of the program's file as it was linked, provided that the linker wrote the section table last.
    /// Everything after that size was appended later.
    public static var imageSize: Int { clua_imagesize() }

    /// `Lua 5.4.4`
    public static var lua: String { String(cString: clua_release()) }
}
