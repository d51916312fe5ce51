import Files
import Glibc

/// The secret that only `luafunc start` and its handler know.
enum Secret {
    /// Waits for the first line of standard input. `start` writes it as soon as the handler runs.
    static func received() throws(ExitCode) -> String {
        var line: [UInt8] = []
        let input = FileDescriptor(owning: 0, path: "standard input")
        // Reads one byte at a time, as later bytes are for others; a longer line is no secret.
        while line.count < 256, let byte = try? input.read(upTo: 1).first, byte != UInt8(ascii: "\n") {
            line.append(byte)
        }
        // Standard input stays open: its end ends the handler.
        _ = input.release()
        guard line.count >= 32 else {
            Console.printError(
                "luafunc: standard input has no secret for --secret-on-stdin, which luafunc start writes there")
            throw .usage
        }
        return String(decoding: line, as: UTF8.self)
    }
}
