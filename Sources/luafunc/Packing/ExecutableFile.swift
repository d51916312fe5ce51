import FoundationEssentials

/// A 64-bit little-endian ELF executable, and what was appended to it. Mapped, not read: at each start of luafunc only
/// the few pages are touched that tell where it ends.
struct ExecutableFile {
    /// Has to be started by a dynamic loader, with libraries that may not be where it is deployed.
    let isDynamic: Bool
    private let content: Data
    private let imageEnd: Int

    /// What the linker wrote.
    var image: [UInt8] { [UInt8](content.prefix(imageEnd)) }
    var appended: Data { content.dropFirst(imageEnd) }

    /// The program that runs.
    static let current = "/proc/self/exe"

    init(_ path: String) throws(PackError) {
        let content: Data
        do {
            content = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
        } catch {
            throw .unreadable(path)
        }
        let reader = ELFReader(content: content)
        guard reader.isExecutable else { throw .noExecutable(path) }
        guard let image = reader.image(), image.end <= content.count else {
            throw .damaged(FileSystem.resolved(path))
        }
        self.content = content
        imageEnd = image.end
        isDynamic = image.isDynamic
    }
}

private struct ELFReader {
    let content: Data

    /// Of the kind that luafunc is built for.
    var isExecutable: Bool {
        content.starts(with: [0x7f, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F"), 2, 1])
    }

    /// nil where the file ends before its own tables. Its end is that of whatever lies last: a segment, a section that
    /// is not loaded, or the table of the sections; linkers differ.
    func image() -> (end: Int, isDynamic: Bool)? {
        guard let segments = table(startAt: 32, entrySizeAt: 54, countAt: 56),
            let sections = table(startAt: 40, entrySizeAt: 58, countAt: 60)
        else { return nil }
        var ends = [segments.end, sections.end]
        var isDynamic = false
        for entry in segments.entries {
            guard let type = integer(at: entry, 4), let start = integer(at: entry + 8, 8),
                let size = integer(at: entry + 32, 8)
            else { return nil }
            isDynamic = isDynamic || type == Self.interpreter
            ends.append(start + size)
        }
        for entry in sections.entries {
            guard let type = integer(at: entry + 4, 4), let start = integer(at: entry + 24, 8),
                let size = integer(at: entry + 32, 8)
            else { return nil }
            if type != Self.emptySection { ends.append(start + size) }
        }
        return ends.max().map { ($0, isDynamic) }
    }

    /// The places in the header where a table is described.
    private func table(startAt: Int, entrySizeAt: Int, countAt: Int) -> (entries: StrideTo<Int>, end: Int)? {
        guard let start = integer(at: startAt, 8), let size = integer(at: entrySizeAt, 2),
            let count = integer(at: countAt, 2), size > 0 || count == 0
        else { return nil }
        let end = start + size * count
        return (stride(from: start, to: end, by: max(size, 1)), end)
    }

    /// nil beyond the end of the file, and for what cannot be a place in any file.
    private func integer(at place: Int, _ size: Int) -> Int? {
        guard place <= content.count - size else { return nil }
        let value = content[place..<place + size].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return value < 1 << 48 ? Int(value) : nil
    }

    /// PT_INTERP
    private static let interpreter = 3
    /// SHT_NOBITS: takes no room in the file.
    private static let emptySection = 8
}
