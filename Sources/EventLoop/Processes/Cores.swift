internal import CUV
internal import Glibc

/// The number of threads that can run at once.
public enum Cores {
    /// At least 1. A container with one CPU on a host of 64 may run on each of the 64, but only for a 64th of the time:
    /// so both the scheduler's cores and the quota of the process's control groups count.
    public static var available: Int {
        count(affinity: Int(uv_available_parallelism()), quota: CPUQuota.current { text(of: $0) })
    }

    /// - Parameter quota: in cores; nil if there is none. Part of a core counts as one.
    static func count(affinity: Int, quota: Double?) -> Int {
        guard let quota, let whole = Int(exactly: quota.rounded(.up)) else { return max(1, affinity) }
        return max(1, min(affinity, whole))
    }

    /// nil if there is no such file. Reads only short files.
    private static func text(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        return count >= 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}
