import Glibc
import Testing

@testable import EventLoop

struct InotifyEventsTests {
    private func bytes(_ watch: Int32, _ mask: Int, _ name: String = "", padding: Int = 0) -> [UInt8] {
        var bytes: [UInt8] = []
        let name = Array(name.utf8) + [UInt8](repeating: 0, count: padding)
        for number in [UInt32(bitPattern: watch), UInt32(mask), 0, UInt32(name.count)] {
            withUnsafeBytes(of: number) { bytes += $0 }
        }
        return bytes + name
    }

    private func names(_ bytes: [UInt8]) -> [String] {
        InotifyEvents(bytes.span.bytes).changes.map { change in
            switch change {
            case .written(let file): "written \(file.watch) \(String(decoding: file.name, as: UTF8.self))"
            case .done(let file): "done \(file.watch) \(String(decoding: file.name, as: UTF8.self))"
            case .lost: "lost"
            }
        }
    }

    @Test func `several events come in one read`() {
        let read =
            bytes(1, Int(IN_MODIFY), "a.lua", padding: 11) + bytes(2, Int(IN_CLOSE_WRITE), "b", padding: 15)
            + bytes(3, Int(IN_DELETE_SELF)) + bytes(3, Int(IN_IGNORED))
        #expect(names(read) == ["written 1 a.lua", "done 2 b", "done 3 "])
    }

    @Test func `an overflow says that events were lost`() { #expect(names(bytes(-1, Int(IN_Q_OVERFLOW))) == ["lost"]) }

    @Test func `half an event is not an event`() {
        let read = bytes(1, Int(IN_CREATE), "name", padding: 4)
        for count in 0..<read.count { #expect(names(Array(read[..<count])) == []) }
    }
}
