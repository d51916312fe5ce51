import Files
import Lua

/// A 64-bit little-endian ELF executable and the data appended to it. At first, it reads only what determines the
/// executable's end. It is a class that holds the open file, so that it reads the same file even after another one has
/// replaced it.
final class ExecutableFile {
    /// Whether the executable needs a dynamic loader and libraries, which may be missing where it is deployed.
    let isDynamic: Bool
    private let path: String
    private let file: FileDescriptor
    private let size: Int
    private let imageEnd: Int

    /// The running program.
    static let current = "/proc/self/exe"

    /// Whether nothing is appended to the running program, determined without opening the file. False is inconclusive.
    static var isPlain: Bool { (try? File.status(of: current))?.size == Int64(Build.imageSize) }

    init(_ path: String) throws(PackError) {
        let file = try Self.reading(path) { () throws(FileError) in try FileDescriptor(opening: path, .read) }
        let size = Int(clamping: try Self.reading(path) { () throws(FileError) in try file.status().size })
        let header = try Self.reading(path) { () throws(FileError) in
            try file.read(at: 0, count: ELFImage.headerSize)
        }
        guard ELFImage.isExecutable(header) else { throw .noExecutable(path) }
        let image = try Self.reading(path) { () throws(FileError) in
            try ELFImage(header: header) { start, count throws(FileError) in
                start <= size - count ? try file.read(at: Int64(start), count: count) : []
            }
        }
        guard let image, image.end <= size else { throw .damaged(Path.resolved(path)) }
        isDynamic = image.isDynamic
        imageEnd = image.end
        self.path = path
        self.file = file
        self.size = size
    }

    /// The program as the linker wrote it.
    var image: [UInt8] { get throws(PackError) { try bytes(0..<imageEnd) } }

    /// The appended data.
    var appended: [UInt8] { get throws(PackError) { try bytes(imageEnd..<size) } }

    private func bytes(_ range: Range<Int>) throws(PackError) -> [UInt8] {
        try Self.reading(path) { () throws(FileError) in
            try file.read(at: Int64(range.lowerBound), count: range.count)
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
