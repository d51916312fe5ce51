import FoundationEssentials
import Lua
import NIOCore
import SystemPackage

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

    /// Nothing is appended to the program that runs, which can be told without opening it. false says nothing yet.
    static var isPlain: Bool { (try? Stat(FilePath(current)).size).map { Int($0) } == Build.imageSize }

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
        guard let header = bytes(from: 0, count: 64),
            let segments = table(header, startAt: 32, entrySizeAt: 54, countAt: 56),
            let sections = table(header, startAt: 40, entrySizeAt: 58, countAt: 60)
        else { return nil }
        var end = max(segments.end, sections.end)
        var isDynamic = false
        for entry in segments.entries {
            guard let type = segments.bytes.word(at: entry), let start = segments.bytes.place(at: entry + 8),
                let size = segments.bytes.place(at: entry + 32)
            else { return nil }
            isDynamic = isDynamic || type == Self.interpreter
            end = max(end, start + size)
        }
        for entry in sections.entries {
            guard let type = sections.bytes.word(at: entry + 4), let start = sections.bytes.place(at: entry + 24),
                let size = sections.bytes.place(at: entry + 32)
            else { return nil }
            if type != Self.emptySection { end = max(end, start + size) }
        }
        return (end, isDynamic)
    }

    private struct Table {
        let bytes: ByteBuffer
        let entries: StrideTo<Int>
        let end: Int
    }

    /// Reads the places in the header where a table is described.
    private func table(_ header: ByteBuffer, startAt: Int, entrySizeAt: Int, countAt: Int) -> Table? {
        guard let start = header.place(at: startAt), let size = header.half(at: entrySizeAt),
            let count = header.half(at: countAt), size > 0 || count == 0,
            let bytes = bytes(from: start, count: size * count)
        else { return nil }
        return Table(
            bytes: bytes, entries: stride(from: 0, to: size * count, by: max(size, 1)), end: start + size * count)
    }

    /// nil beyond the end of the file.
    private func bytes(from start: Int, count: Int) -> ByteBuffer? {
        start <= content.count - count ? ByteBuffer(bytes: content[start..<start + count]) : nil
    }

    /// PT_INTERP
    private static let interpreter = 3
    /// SHT_NOBITS: takes no room in the file.
    private static let emptySection = 8
}

extension ByteBuffer {
    fileprivate func half(at index: Int) -> Int? {
        getInteger(at: index, endianness: .little, as: UInt16.self).map { Int($0) }
    }
    fileprivate func word(at index: Int) -> Int? {
        getInteger(at: index, endianness: .little, as: UInt32.self).map { Int($0) }
    }

    /// nil also for what cannot be a place in any file.
    fileprivate func place(at index: Int) -> Int? {
        getInteger(at: index, endianness: .little, as: UInt64.self).flatMap { $0 < 1 << 48 ? Int($0) : nil }
    }
}
