internal import CUV
internal import Glibc

/// The number of threads that can run at once.
public enum Cores {
    /// At least 1. A container that may use one CPU on a host of 64 is scheduled on any of the 64, but only for a 64th
    /// of the time. So the result is the smaller of the cores in the affinity mask and the control groups' quota.
    public static var available: Int {
        count(affinity: Int(uv_available_parallelism()), quota: CPUQuota.current { text(of: $0) })
    }

    /// - Parameter quota: the quota in cores, or nil if there is none. A fraction of a core counts as a whole one.
    static func count(affinity: Int, quota: Double?) -> Int {
        guard let quota, let whole = Int(exactly: quota.rounded(.up)) else { return max(1, affinity) }
        return max(1, min(affinity, whole))
    }

    /// The first 4096 bytes of a file, or nil if it cannot be read.
    private static func text(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        return count >= 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}
