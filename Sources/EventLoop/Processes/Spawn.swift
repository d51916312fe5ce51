internal import CUV
internal import Glibc

extension ChildCommand {
    /// Starts the program in its own session, and blocks until the program runs or could not be started. The system
    /// kills the program when the calling *thread* ends, so that it does not outlive a killed parent.
    ///
    /// - Returns: the process id.
    func spawn(_ streams: StandardStreams) throws(ChildProcessError.Reason) -> Int32 {
        if holdsNUL { throw .nul }
        let report: Pipe
        do throws(StreamError) {
            report = try Pipe()
        } catch {
            throw .system(error.code)
        }
        var failure = cuv_failure()
        let variables = environment.map { "\($0.key)=\($0.value)" }
        // The new process has copied the arrays when `cuv_spawn` returns, so they need not live longer.
        let pid = withCStrings(candidates) { programs in
            withCStrings([program] + arguments) { arguments in
                withCStrings(variables) { environment in
                    withOptionalCString(workingDirectory) { directory in
                        var command = cuv_command()
                        command.programs = programs
                        command.arguments = arguments
                        command.environment = environment
                        command.directory = directory
                        command.streams = (streams.theirs[0], streams.theirs[1], streams.theirs[2])
                        return cuv_spawn(&command, report.reading, report.writing, &failure)
                    }
                }
            }
        }
        guard pid < 0 else { return pid }
        throw reason(failure)
    }

    private func reason(_ failure: cuv_failure) -> ChildProcessError.Reason {
        switch cuv_stage(UInt32(bitPattern: failure.stage)) {
        case CUV_STAGE_DIRECTORY: return .workingDirectory(workingDirectory ?? ".", failure.code)
        case CUV_STAGE_PROGRAM:
            guard failure.code == ENOENT else { return .program(failure.code) }
            let files = candidates.map { file in
                file.hasPrefix("/") ? file : workingDirectory.map { "\($0)/\(file)" } ?? file
            }
            return files.first { access($0, X_OK) == 0 }.map { .interpreter($0) } ?? .program(ENOENT)
        default: return .system(failure.code)
        }
    }
}

private func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let text else { return body(nil) }
    return text.withCString { body($0) }
}

/// Passes strings as C does: an array of pointers that ends with a null pointer.
private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Result
) -> Result {
    var pointers = texts.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress) }
}
