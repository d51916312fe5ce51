public import FunctionsModel

/// A saved version of a function, or of host.json, that does not load.
struct FailedVersion: Sendable {
    /// The reason why the version does not load.
    let problem: Problem
    /// Whether another function blocks this version, so that it may load later without being changed.
    let isBlocked: Bool
    private let files: AppFiles
    /// The files on which the version depends, whether they exist or not.
    private let sources: Set<String>

    init(_ problem: Problem, _ files: AppFiles, sources: Set<String>, isBlocked: Bool = false) {
        self.problem = problem
        self.isBlocked = isBlocked
        self.files = files
        self.sources = sources
        files.remember(sources)
    }

    /// Whether `newer` contains another version.
    func differs(in newer: AppFiles) -> Bool { newer.differs(from: files, in: sources) }

    /// Whether this failure must be reported, given that `other` was reported before.
    func isNews(after other: FailedVersion?) -> Bool {
        guard let other else { return true }
        return problem != other.problem || other.differs(in: files)
    }
}

extension FunctionApp {
    /// The problem because of which a function cannot be loaded, with its position in the script.
    public func problem(_ failure: InvocationFailure, loading name: String) -> Problem {
        let script = functions[name]?.script ?? name
        var reason = failure.message
        if failure.reason == .limit {
            reason = "takes too long or too much memory to load: \(reason)"
        } else if let place = SourceExcerpt.place(reason) {
            return Problem(place.file, line: place.line, place.rest)
        } else if reason.hasPrefix("\(script): ") {
            reason = String(reason.dropFirst(script.count + 2))
        }
        let place = failure.traceback.lazy.compactMap(SourceExcerpt.place).first
        var problem = Problem(place?.file ?? script, line: place?.line, reason)
        problem.isReport = true
        problem.traceback = failure.traceback
        return problem
    }
}
