import Testing

@testable import EventLoop

struct ChildCommandTests {
    @Test(arguments: [
        ("./run", "/bin", ["./run"]), ("/bin/sh", "/usr/bin", ["/bin/sh"]), ("sh", "/a:/b", ["/a/sh", "/b/sh"]),
        ("sh", nil, ["/bin/sh", "/usr/bin/sh"]), ("sh", "/a::/b", ["/a/sh", "./sh", "/b/sh"]), ("sh", "", ["./sh"]),
        ("", "/bin", []),
    ])
    func `a name without a slash is looked for on the PATH that the program gets`(
        program: String, path: String?, candidates: [String]
    ) {
        let command = ChildCommand(program, environment: path.map { ["PATH": $0] } ?? [:])
        #expect(command.candidates == candidates)
    }
}
