import DevHost
import EventLoop
import Files
import Log

/// Prints the output of `luafunc start`: the functions, one line for each invocation with its log lines below, and the
/// results of saves. It uses colours only on a terminal that supports them.
///
/// Names, paths, causes and log lines come from outside, so all of them pass through `Escape`.
@MainLoop
final class StartConsole {
    let style: ConsoleStyle
    private let isLuafunc: Bool
    private let reloads: Bool
    private let verbose: Bool
    private let isFirstStart: Bool
    private var open: [String: OpenInvocation] = [:]
    /// What is shown a moment later, in this order: the ends of invocations, and what came after them.
    private var late: [@MainLoop () -> Void] = []
    /// The invocation whose lines were printed last. Further lines of it need no name.
    private var last: String?
    private var functions: [HostListing.Entry] = []
    /// The events that have come before the list of functions, which is shown first.
    private var early: [HostEvent]? = []
    private var nameWidth = 8
    private var causeWidth = 16
    /// Fires while invocations run.
    private lazy var ticker = Timer(.main) { [unowned self] in tick() }

    /// An invocation that has not ended.
    private struct OpenInvocation {
        let start: InvocationStart
        let began = ContinuousClock.now
        var lines: [HandlerLine] = []
        /// Whether the invocation has run so long that its lines are shown immediately.
        var isShown = false
        /// The last line of level error, recorded once lines are shown immediately.
        var lastError: String?
    }

    /// - Parameter isLuafunc: whether the handler is luafunc, which reports the app's problems itself.
    /// - Parameter reloads: whether a save can change the app.
    /// - Parameter isFirstStart: whether to show how to call a function.
    init(isLuafunc: Bool, reloads: Bool, verbose: Bool, isFirstStart: Bool) {
        style = ConsoleStyle(isTerminal: StandardStream.output.isTerminal)
        self.isLuafunc = isLuafunc
        self.reloads = reloads
        self.verbose = verbose
        self.isFirstStart = isFirstStart
    }

    func show(_ event: HostEvent) {
        if case .listening(let listing) = event {
            show(listing)
            let events = early.take() ?? []
            for event in events { show(event) }
            return
        }
        guard early == nil else {
            early?.append(event)
            return
        }
        switch event {
        case .listening: break
        case .reloaded(let listing):
            let known = functions
            install(listing)
            list(listing.functions.filter { !known.contains($0) })
        case .handlerReady(let time): if verbose { say("the handler is ready after \(time.shown)", style.dim) }
        case .handlerEnded(let text, let isCrash): say(text, isCrash ? style.red : style.dim)
        case .handlerLine(let line): show(line)
        case .offers(let offers): afterEnds { [self] in for offer in offers { show(offer) } }
        case .invocationStarted(let start):
            if open.isEmpty { ticker.start(after: Self.interval) }
            open[start.id] = OpenInvocation(start: start)
        case .invocationEnded(let end):
            // The handler's lines arrive through a pipe and its response through a socket, so lines may arrive a moment
            // later.
            showLater { [self] in show(end) }
        case .warning(let text): afterEnds { [self] in say("warn  \(text)", style.yellow) }
        case .error(let text): afterEnds { [self] in say(text, style.red) }
        }
    }

    private static let pauseForLines = Duration.milliseconds(10)

    /// Runs `body` after the ends of earlier invocations were shown, so that their consequences appear after them.
    private func afterEnds(_ body: @escaping @MainLoop () -> Void) {
        if late.isEmpty { body() } else { showLater(body) }
    }

    private func showLater(_ body: @escaping @MainLoop () -> Void) {
        late.append(body)
        EventLoop.main.schedule(after: Self.pauseForLines) { [self] in
            if !late.isEmpty { late.removeFirst()() }
        }
    }

    /// Shows the rest, because the program ends.
    func finish() {
        let rest = late
        late = []
        for show in rest { show() }
    }

    // MARK: Functions

    private func show(_ listing: HostListing) {
        install(listing)
        Console.printStyled("\n" + style.bold("Functions in \(Escape.line(listing.root))") + "\n")
        list(listing.functions)
        if listing.functions.isEmpty {
            Console.print("  none yet: a function is a folder, here or in functions/, with a function.json")
            if isLuafunc { Console.printStyled("try  " + style.bold(Escape.line(firstStep(in: listing.root)))) }
        }
        Console.print("")
        if !isLuafunc { tellProblems(of: listing) }
        if let key = listing.masterKey { Console.print("keys are checked; this one opens everything: \(key)") }
        if let certificate = listing.certificate {
            Console.print(
                "Callers must trust \(certificate): use curl --cacert \(certificate), or set "
                    + "NODE_EXTRA_CA_CERTS=\(certificate)")
        }
        if isFirstStart, let call = listing.firstCall { Console.printStyled("try  " + style.bold(Escape.line(call))) }
        let reload = reloads ? "Every save takes effect. " : ""
        Console.printStyled(style.dim("\(listing.address) · \(reload)Ctrl-C stops.") + "\n")
    }

    /// The command that makes the first function.
    private func firstStep(in root: String) -> String {
        let isHere = Path.standardized(root) == Path.standardized(".")
        guard File.exists(Path.join(root, "host.json")) else {
            return "luafunc init" + (isHere ? "" : " \(root.shellWord)")
        }
        return "luafunc new hello --template http" + (isHere ? "" : " --app \(root.shellWord)")
    }

    /// Prints the app's problems, unless the handler is luafunc, which reports them itself after it has loaded the
    /// scripts.
    private func tellProblems(of listing: HostListing) {
        for problem in listing.problems { Console.printStyledError(style.red(Escape.line("\(problem)"))) }
        for warning in listing.warnings { Console.printStyledError(style.yellow(Escape.line("warn  \(warning)"))) }
    }

    private func list(_ entries: [HostListing.Entry]) {
        let width = functions.map(\.name.count).max() ?? 0
        let typeWidth = functions.filter { !$0.isHTTP }.map(\.trigger.count).max() ?? 0
        for entry in entries {
            let methods = entry.methods.isEmpty ? "" : "[\(entry.methods.joined(separator: ","))] "
            let how = Escape.line(entry.isHTTP ? methods : entry.trigger.padded(typeWidth) + "  ")
            let name = style.bold(Escape.line(entry.name).padded(width))
            let problem = entry.problem.map { style.red(Escape.line($0)) }
            let address = entry.address.isEmpty ? nil : style.green(Escape.line(entry.address))
            Console.printStyled("  \(name)  \(how)\([address, problem].compactMap(\.self).joined(separator: "  "))")
        }
    }

    private func install(_ listing: HostListing) {
        functions = listing.functions
        nameWidth = max(8, min(24, listing.functions.map(\.name.count).max() ?? 8))
        causeWidth = max(16, min(40, listing.functions.map { $0.cause.count }.max() ?? 16))
    }

    // MARK: Invocations

    private func show(_ end: InvocationEnd) {
        let invocation = open.removeValue(forKey: end.id)
        let outcome =
            if let call = end.call {
                (call.isFailure ? style.red : style.green)(Escape.line(call.outcome))
            } else if end.failure == nil {
                style.of(end.status)(end.status.map(String.init) ?? "ok ")
            } else {
                style.red(end.status.map(String.init) ?? "failed")
            }
        var line =
            "\(beginning(end.function, end.call?.text ?? end.cause))  \(outcome)  \(end.duration.shown.leftPadded(8))"
        if !end.outputs.isEmpty { line += "  → " + Escape.line(end.outputs.joined(separator: ", ")) }
        if let detail = end.call?.detail { line += "  " + style.red(Escape.line(detail.shortened(to: 120))) }
        Console.printStyled(line)
        last = end.id
        let lines = invocation?.lines ?? []
        for line in lines { indent(line) }
        for line in end.logs { indent(line, style.plain) }
        if let failure = end.failure {
            let first = failure.split(separator: "\n").first.map(String.init) ?? failure
            // The failure is not printed if luafunc's own lines have already reported it.
            let errors = lines.filter { $0.level == .error }.map(\.text) + [invocation?.lastError].compactMap(\.self)
            if !errors.contains(where: { $0.hasPrefix(first) }) {
                for line in failure.split(separator: "\n") { indent(String(line), style.red) }
            }
            for line in end.detail { indent(line, style.dim) }
        }
        for warning in end.warnings { indent("warn  \(warning)", style.yellow) }
    }

    private func show(_ line: HandlerLine) {
        guard let id = line.invocationID else {
            guard verbose || line.level != .debug else { return }
            return say(line.text, style.of(line.level))
        }
        if open[id] == nil {
            if last != id {
                Console.printStyled("  " + style.dim(Escape.line("\(line.function ?? ""), a moment ago:")))
            }
            last = id
            return indent(line)
        }
        if open[id]?.isShown == true {
            if last != id, let start = open[id]?.start {
                Console.printStyled("  " + style.dim(Escape.line("\(start.function), \(start.cause):")))
                last = id
            }
            if line.level == .error { open[id]?.lastError = line.text }
            return indent(line)
        }
        open[id]?.lines.append(line)
    }

    private static let patience = Duration.seconds(1)
    private static let interval = Duration.milliseconds(250)

    /// Shows the start of invocations that take long. It runs repeatedly while there are any.
    private func tick() {
        for (id, invocation) in open where !invocation.isShown {
            guard invocation.began.duration(to: .now) > Self.patience else { continue }
            let start = invocation.start
            Console.printStyled("\(beginning(start.function, start.cause))  \(style.dim("runs"))")
            for line in invocation.lines { indent(line) }
            open[id]?.isShown = true
            open[id]?.lastError = invocation.lines.last { $0.level == .error }?.text
            open[id]?.lines = []
            last = id
        }
        if !open.isEmpty { ticker.start(after: Self.interval) }
    }

    // MARK: Lines

    private func indent(_ line: HandlerLine) { indent(line.text, style.of(line.level)) }

    private func indent(_ text: String, _ paint: (String) -> String) {
        Console.printStyled("            " + paint(Escape.line(text)))
    }

    /// Prints text that belongs to no invocation. Further lines of a report, such as the position in a script, are
    /// indented, so that they do not look like other events.
    func say(_ text: String, _ paint: (String) -> String) {
        last = nil
        var beginning = style.dim(clock)
        for line in Escape.lines(text).split(separator: "\n", omittingEmptySubsequences: false) {
            Console.printStyled("\(beginning)  \(paint(String(line)))")
            beginning = "        "
        }
    }

    /// The beginning of an invocation's line: the time, the function and the cause.
    private func beginning(_ function: String, _ cause: String) -> String {
        "\(style.dim(clock))  \(style.bold(Escape.line(function).padded(nameWidth)))  "
            + Escape.line(cause).padded(causeWidth)
    }

    private var clock: String { Console.clock }
}

extension HostListing.Entry {
    /// A text as wide as the longest cause of this function's invocations.
    fileprivate var cause: String {
        guard isHTTP else { return address }
        return
            "\(methods.max { $0.count < $1.count } ?? "GET") /\(address.split(separator: "/").dropFirst(2).joined(separator: "/"))"
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    fileprivate func leftPadded(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}

extension Duration {
    /// `1.2 ms`, `3.4 s`
    fileprivate var shown: String {
        let microseconds = components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
        let (value, unit) = microseconds < 1_000_000 ? (microseconds / 100, "ms") : (microseconds / 100_000, "s")
        return value >= 1000 ? "\(value / 10) \(unit)" : "\(value / 10).\(value % 10) \(unit)"
    }
}
