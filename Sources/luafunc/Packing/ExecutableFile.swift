import Files
import Lua

/// An executable and the archive of an app that may be appended to it. It is a class that holds the open file, so that it
/// reads the same file even after another one has replaced it.
final class ExecutableFile {
    /// Whether the executable needs a dynamic loader and libraries, which may be missing where it is deployed.
    let isDynamic: Bool
    private let path: String
    private let file: FileDescriptor
    private let imageSize: Int
    private let footer: ArchiveFooter?

    /// The running program.
    static let current = "/proc/self/exe"

    /// Whether nothing is appended to the running program, determined without opening the file. False is inconclusive.
    static var isPlain: Bool { (try? File.status(of: current))?.size == Int64(Build.imageSize) }

    init(_ path: String) throws(PackError) {
        let file = try Self.reading(path) { () throws(FileError) in try FileDescriptor(opening: path, .read) }
        let size = Int(clamping: try Self.reading(path) { () throws(FileError) in try file.status().size })
        let start = try Self.bytes(0..<ELFHeader.size, of: file, path)
        guard ELFHeader.isExecutable(start) else { throw .noExecutable(path) }
        guard let header = ELFHeader(start, fileSize: size) else { throw .damaged(Path.resolved(path)) }
        isDynamic = header.hasLoader(try Self.bytes(header.segments, of: file, path))
        footer = ArchiveFooter(try Self.bytes(max(0, size - ArchiveFooter.size)..<size, of: file, path))
        imageSize = footer.map { size - ArchiveFooter.size - $0.length } ?? size
        // Without a footer, nothing may follow the image: it would be an archive that was cut off.
        guard footer == nil ? imageSize == header.sectionsEnd : imageSize >= header.sectionsEnd else {
            throw .damaged(Path.resolved(path))
        }
        self.path = path
        self.file = file
    }

    /// The program as the linker wrote it.
    var image: [UInt8] {
        get throws(PackError) {
            let image = try bytes(0..<imageSize)
            guard image.count == imageSize else { throw .damaged(Path.resolved(path)) }
            return image
        }
    }

    /// The appended archive; nil if there is none.
    var archive: [UInt8]? {
        get throws(PackError) {
            guard let footer else { return nil }
            let archive = try bytes(imageSize..<imageSize + footer.length)
            guard footer.fits(archive) else { throw .damaged(Path.resolved(path)) }
            return archive
        }
    }

    private func bytes(_ range: Range<Int>) throws(PackError) -> [UInt8] { try Self.bytes(range, of: file, path) }

    private static func bytes(
        _ range: Range<Int>, of file: borrowing FileDescriptor, _ path: String
    ) throws(PackError) -> [UInt8] {
        do throws(FileError) {
            return try file.read(at: Int64(range.lowerBound), count: range.count)
        } catch {
            throw .unreadable(path)
        }
    }

    private static func reading<Result: ~Copyable>(
        _ path: String, _ work: () throws(FileError) -> Result
    ) throws(PackError) -> Result {
        do throws(FileError) {
            return try work()
        } catch {
            throw .unreadable(path)
        }
    }
}
