import Testing

@testable import EventLoop

struct CoresTests {
    @Test(arguments: [
        (64, nil, 64), (64, 1.0, 1), (64, 1.5, 2), (64, 0.1, 1), (2, 8.0, 2), (0, nil, 1), (4, .infinity, 4),
        (4, .nan, 4), (4, -1, 1),
    ])
    func `affinity and quota both limit the cores, fractions round up, and there is at least one`(
        affinity: Int, quota: Double?, cores: Int
    ) {
        #expect(Cores.count(affinity: affinity, quota: quota) == cores)
    }

    @Test(arguments: [
        ("max 100000\n", nil), ("150000 100000\n", 1.5), ("50000 100000", 0.5), ("", nil), ("100000", nil),
        ("a b", nil),
        ("0 100000", nil), ("100000 0", nil), ("99999999999999999999 1", nil),
    ])
    func `cpu.max is read`(text: String, quota: Double?) { #expect(CPUQuota.parse(max: text) == quota) }

    @Test(arguments: [("-1\n", "100000\n", nil), ("200000\n", "100000\n", 2.0), ("", "", nil)])
    func `the two files of version 1 are read`(quota: String, period: String, ratio: Double?) {
        #expect(CPUQuota.ratio(quota, period) == ratio)
    }

    @Test func `the smallest quota of a group and those above it counts`() {
        let files = [
            "/proc/self/cgroup": "0::/app.slice/luafunc.service\n",
            "/sys/fs/cgroup/app.slice/luafunc.service/cpu.max": "max 100000\n",
            "/sys/fs/cgroup/app.slice/cpu.max": "300000 100000\n", "/sys/fs/cgroup/cpu.max": "800000 100000\n",
        ]
        #expect(CPUQuota.current { files[$0] } == 3)
    }

    @Test func `in a container, the mounted root counts, whatever its path is outside`() {
        let v2 = ["/proc/self/cgroup": "0::/../../docker/0123\n", "/sys/fs/cgroup/cpu.max": "100000 100000\n"]
        #expect(CPUQuota.current { v2[$0] } == 1)
        let v1 = [
            "/proc/self/cgroup": "12:memory:/docker/0123\n4:cpu,cpuacct:/docker/0123\n0::/docker/0123\n",
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
            "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        ]
        #expect(CPUQuota.current { v1[$0] } == 0.5)
    }

    @Test func `without control groups there is no quota`() {
        #expect(CPUQuota.current { _ in nil } == nil)
        #expect(CPUQuota.current { $0 == "/proc/self/cgroup" ? "nonsense\n1:cpu\n:::\n" : nil } == nil)
    }

    @Test func `this machine has a core`() { #expect(Cores.available >= 1) }
}
