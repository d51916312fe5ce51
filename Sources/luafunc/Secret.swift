import Files
import Glibc

/// The secret that only `luafunc start` and its handler know.
enum Secret {
    /// Waits for the first line of standard input. `start` writes it as soon as the handler runs.
    static func received() throws(ExitCode) -> String {
        var line: [UInt8] = []
        let input = FileDescriptor(owning: 0, path: "standard input")
        // It reads one byte at a time, because the bytes after the line are for other readers. A longer line is not a
        // secret.
        while line.count < 256, let byte = try? input.read(upTo: 1).first, byte != UInt8(ascii: "\n") {
            line.append(byte)
        }
        // Standard input stays open, because the handler ends when it ends.
        _ = input.release()
        guard line.count >= 32 else {
            Console.printError(
                "luafunc: standard input has no secret for --secret-on-stdin, which luafunc start writes there")
            throw .usage
        }
        return String(decoding: line, as: UTF8.self)
    }
}
