import FunctionsModel
import Log

/// Reports which parts of a save did not take effect, and when this is fixed.
struct ReloadReport {
    private let logger: Logger
    private let files: AppFiles

    /// - Parameter files: the saved files, from which the lines around a mistake are shown.
    init(_ logger: Logger, files: AppFiles) {
        self.logger = logger
        self.files = files
    }

    /// Reports functions with the reason why their saved version does not load. Functions with the same reason, such as
    /// a module that they share, are reported together.
    func tell(_ problems: [String: Problem], kept: Set<String>) {
        let groups = Dictionary(grouping: problems.keys) { name in
            Group(problem: problems[name]?.description ?? "", isKept: kept.contains(name))
        }
        let lists = groups.map { (names: Self.sorted($0.value), group: $0.key) }
        for (names, group) in lists.sorted(by: { $0.names.lexicographicallyPrecedes($1.names) }) {
            let verb =
                switch (group.isKept, names.count == 1) {
                case (true, true): "keeps its previous version"
                case (true, false): "keep their previous versions"
                case (false, true): "does not load"
                case (false, false): "do not load"
                }
            tell("\(names.map(Escape.line).joined(separator: ", ")) \(verb)", group.problem)
        }
    }

    private struct Group: Hashable {
        let problem: String
        let isKept: Bool
    }

    static func sorted(_ names: some Sequence<String>) -> [String] {
        names.sorted { $0.lowercased() < $1.lowercased() }
    }

    private func tell(_ effect: String, _ problem: String) {
        // The effect comes first, because the reason may contain a traceback of many lines.
        var text = "\(effect): \(problem)"
        if let excerpt = SourceExcerpt([problem], files: files) { text += "\n\(excerpt.text)" }
        logger.report(.error, text)
    }

    /// - Parameter unchanged: the functions whose files match the running version again.
    func tellWhole(_ names: Set<String>, unchanged: Set<String>) {
        for name in Self.sorted(names) {
            let more = unchanged.contains(name) ? ": its files match the running version again" : ""
            logger.info("\(name) loads now\(more)")
        }
    }

    func tellHost(_ failed: FailedVersion?, before: FailedVersion?) {
        if let failed, failed.isNews(after: before) {
            tell("the previous host.json stays in effect", failed.problem.description)
        } else if failed == nil, before != nil {
            logger.info("host.json loads now")
        }
    }
}
