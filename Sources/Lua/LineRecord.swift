internal import CLua

/// The lines of an app's files that have run, for the coverage of tests. Any number of VMs may share it.
public final class LineRecord: Sendable {
    /// Sorted by the bytes of the names, as C looks for them.
    private let names: [String]
    /// The address of the records, which are valid as long as this object. It is a number because threads share it: once
    /// the records are made, C sets single bytes in them, always to the same value.
    private let address: UInt
    private var files: UnsafeMutablePointer<CLuaFile>? { UnsafeMutablePointer(bitPattern: address) }

    /// - Parameter files: the names of chunks, such as `@lib/pricing.lua`, and the number of lines of each.
    public init(_ files: [String: Int]) {
        let sorted = files.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        names = sorted.map(\.key)
        let records = UnsafeMutablePointer<CLuaFile>.allocate(capacity: sorted.count)
        for (index, file) in sorted.enumerated() {
            let count = file.value + 1
            let ran = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
            ran.initialize(repeating: 0, count: count)
            let bytes = file.key.utf8CString
            let name = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
            for (place, byte) in bytes.enumerated() { name[place] = byte }
            (records + index).initialize(to: CLuaFile(name: name, ran: ran, count: Int32(clamping: count)))
        }
        address = UInt(bitPattern: records)
    }

    /// No VM uses the records any more, because each keeps this object.
    deinit {
        guard let files else { return }
        for index in names.indices {
            files[index].name.deallocate()
            files[index].ran.deallocate()
        }
        files.deallocate()
    }

    /// The lines of a file that have run until now, in order.
    public func lines(of name: String) -> [Int] {
        guard let index = names.firstIndex(of: name), let file = files?[index] else { return [] }
        return (0..<Int(file.count)).filter { file.ran[$0] != 0 }
    }

    func install(in state: OpaquePointer) {
        guard !names.isEmpty, let files else { return }
        clua_recordlines(state, files, Int32(clamping: names.count))
    }
}
