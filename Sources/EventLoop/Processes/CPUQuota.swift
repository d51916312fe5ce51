/// The CPU time that this process's control groups allow it, as a number of cores.
enum CPUQuota {
    /// The smallest quota of all groups that this process is in; nil if none has one.
    ///
    /// - Parameter read: returns the text of a file; nil if there is none.
    static func current(_ read: (String) -> String?) -> Double? {
        let memberships = read("/proc/self/cgroup") ?? ""
        var smallest: Double?
        for group in groups(memberships) {
            guard let quota = quota(of: group, read) else { continue }
            smallest = min(smallest ?? quota, quota)
        }
        return smallest
    }

    enum Group: Equatable {
        case v2(String)
        case v1(String)
    }

    /// The groups that may limit the CPU, and their ancestors. Each line has the form `number:controllers:path`, as
    /// cgroups(7) describes. Version 2 has the number 0 and names no controllers.
    ///
    /// A container often sees the host's path in these lines, while its own group is the root of the mounted tree. So
    /// the root is always included.
    static func groups(_ memberships: String) -> [Group] {
        var groups: [Group] = []
        for line in memberships.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[0] == "0", parts[1].isEmpty {
                groups += ancestors(parts[2]).map { .v2("/sys/fs/cgroup\($0)") }
            } else if parts[1].split(separator: ",").contains("cpu") {
                // The folder is named after the controllers that share it. Most systems link to it under the name cpu.
                groups += ancestors(parts[2]).map { .v1("/sys/fs/cgroup/cpu\($0)") }
                if parts[1] != "cpu" { groups += ancestors(parts[2]).map { .v1("/sys/fs/cgroup/\(parts[1])\($0)") } }
            }
        }
        return groups
    }

    /// A path and all its ancestors, each with a leading slash; "" for the root.
    private static func ancestors(_ path: Substring) -> [String] {
        var paths = [""]
        for name in path.split(separator: "/") where name != ".." { paths.append("\(paths[paths.count - 1])/\(name)") }
        return paths
    }

    private static func quota(of group: Group, _ read: (String) -> String?) -> Double? {
        switch group {
        case .v2(let folder): return read("\(folder)/cpu.max").flatMap { parse(max: $0) }
        case .v1(let folder):
            guard let quota = read("\(folder)/cpu.cfs_quota_us"), let period = read("\(folder)/cpu.cfs_period_us")
            else { return nil }
            return ratio(quota, period)
        }
    }

    /// Parses `cpu.max`, which holds "max 100000", or the microseconds of CPU allowed in each period and the period.
    static func parse(max text: String) -> Double? {
        let parts = text.split(whereSeparator: \.isWhitespace)
        return parts.count == 2 ? ratio(parts[0], parts[1]) : nil
    }

    /// Returns nil if there is no limit: "max" in version 2, -1 in version 1.
    static func ratio(_ quota: some StringProtocol, _ period: some StringProtocol) -> Double? {
        func number(_ text: some StringProtocol) -> Int64? {
            text.split(whereSeparator: \.isWhitespace).first.flatMap { Int64($0) }
        }
        guard let quota = number(quota), let period = number(period), quota > 0, period > 0 else { return nil }
        return Double(quota) / Double(period)
    }
}
