import Files
import Lua

/// A 64-bit little-endian ELF executable, and what was appended to it. Only what tells where it ends is read until
/// somebody asks for more. A class, because it holds the open file: it goes on to read the same one when another takes
/// its place.
final class ExecutableFile {
    /// Has to be started by a dynamic loader, with libraries that may not be where it is deployed.
    let isDynamic: Bool
    private let path: String
    private let file: FileDescriptor
    private let size: Int
    private let imageEnd: Int

    /// The program that runs.
    static let current = "/proc/self/exe"

    /// Nothing is appended to the program that runs, which can be told without opening it. false says nothing yet.
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

    /// What the linker wrote.
    var image: [UInt8] { get throws(PackError) { try bytes(0..<imageEnd) } }

    /// What follows.
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
