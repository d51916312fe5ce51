import FunctionsModel
import JSON
import Log

/// Tells `luafunc start` which functions do not load or have errors, so that its lists mark them. People read the
/// reasons elsewhere.
struct LoadReport: Sendable {
    private let logger: Logger

    /// Returns nil if no other program reads the log.
    init?(_ logger: Logger) {
        guard logger.format == .json else { return nil }
        self.logger = logger
    }

    /// - Parameters:
    ///   - problems: the reason for each function that does not load.
    ///   - kept: those of them whose previous version is served.
    ///   - errors: what is wrong in functions that load.
    func tell(_ problems: [String: Problem], kept: Set<String>, errors: [String: Problem]) {
        logger.info(
            "\(problems.count) functions do not load",
            [
                .event(LogKey.loaded), .kept(kept), LogField(LogKey.broken, Self.text(problems)),
                LogField(LogKey.faults, Self.text(errors)),
            ])
    }

    /// The first line of each problem, by function name, as JSON.
    private static func text(_ problems: [String: Problem]) -> String {
        let members = problems.sorted { $0.key < $1.key }.map { name, problem in
            let reason = problem.reason.split(separator: "\n").first.map(String.init) ?? problem.reason
            let line = Problem(problem.file, line: problem.line, reason).description
            return JSONTree.Member(name: name, tree: JSONTree(.string(line), line: 1))
        }
        return JSONTree(.object(members), line: 1).text
    }
}
