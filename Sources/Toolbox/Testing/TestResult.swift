/// How one test of a file has ended.
package struct TestResult: Sendable {
    package enum Outcome: Sendable {
        case passed
        case failed(TestFailure)
        case skipped(reason: String)
    }

    /// The path of the test file, relative to the app.
    package var file: String
    package var name: String
    package var outcome: Outcome
    /// Real time, not that of the fake clock.
    package var duration: Duration
    /// What the test and the functions that it called have printed.
    package var logs: [String]

    package init(file: String, name: String, outcome: Outcome, duration: Duration = .zero, logs: [String] = []) {
        self.file = file
        self.name = name
        self.outcome = outcome
        self.duration = duration
        self.logs = logs
    }

    package var failure: TestFailure? { if case .failed(let failure) = outcome { failure } else { nil } }
}

/// Why a test has failed, or why a file could not run.
package struct TestFailure: Sendable, Equatable {
    /// It may have several lines. The position is not part of it.
    package var message: String
    /// The file, relative to the app, and the line to which the message refers; nil if no code is to blame.
    package var file: String?
    package var line: Int?
    /// The active calls, innermost first.
    package var traceback: [String]
    /// The lines of the source around `line`, without colours.
    package var excerpt: [String]

    package init(
        message: String, file: String? = nil, line: Int? = nil, traceback: [String] = [], excerpt: [String] = []
    ) {
        self.message = message
        self.file = file
        self.line = line
        self.traceback = traceback
        self.excerpt = excerpt
    }
}

/// The results of one test file, in the order in which its tests ran.
package struct TestFileResult: Sendable {
    /// Relative to the app.
    package var file: String
    package var results: [TestResult]
    /// Why the file did not load or did not end; its tests until then are in `results`.
    package var failure: TestFailure?
    /// What the file printed outside of its tests.
    package var logs: [String]
    package var duration: Duration
    /// The number of tests that the filter left out.
    package var filtered: Int

    package init(
        file: String, results: [TestResult] = [], failure: TestFailure? = nil, logs: [String] = [],
        duration: Duration = .zero, filtered: Int = 0
    ) {
        self.file = file
        self.results = results
        self.failure = failure
        self.logs = logs
        self.duration = duration
        self.filtered = filtered
    }

    package var hasFailed: Bool { failure != nil || results.contains { $0.failure != nil } }
}

/// The number of tests by their outcome. A file that did not load counts as one failure.
package struct TestSummary: Sendable, Equatable {
    package var files = 0
    package var passed = 0
    package var failed = 0
    package var skipped = 0
    package var filtered = 0
    package var duration: Duration = .zero

    package init() {}

    package mutating func add(_ file: TestFileResult) {
        files += 1
        filtered += file.filtered
        if file.failure != nil { failed += 1 }
        for result in file.results {
            switch result.outcome {
            case .passed: passed += 1
            case .failed: failed += 1
            case .skipped: skipped += 1
            }
        }
    }
}
