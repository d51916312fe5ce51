import Testing

@testable import luafunc

/// Tests how a command line is read.
@Suite struct CommandLineTests {
    private typealias Sample = SampleProgram

    @Test(arguments: [
        ["run", "--count", "3", "--app", "a b", "--mode", "slow"], ["run", "--count=3", "--app=a b", "--mode=slow"],
        ["run", "--mode=slow", "--count=3", "--app", "a b"],
    ])
    func `values follow their option or an equals sign`(_ words: [String]) throws {
        let arguments = try #require(try Sample.arguments(words))
        #expect(arguments[Sample.count] == 3 && arguments[Sample.app] == "a b" && arguments[Sample.mode] == .slow)
        #expect(arguments[Sample.size] == nil && arguments[Sample.watch] == nil && !arguments[Sample.auth])
    }

    @Test func `a value may be empty, begin with a dash after an equals sign, or hold one`() throws {
        #expect(try Sample.arguments(["run", "--app", ""])?[Sample.app] == "")
        #expect(try Sample.arguments(["run", "--app="])?[Sample.app] == "")
        #expect(try Sample.arguments(["run", "--app=-x=y"])?[Sample.app] == "-x=y")
        #expect(try Sample.arguments(["run", "--file", "-"])?[Sample.file] == "-")
    }

    @Test func `sizes and times have units`() throws {
        let arguments = try #require(try Sample.arguments(["run", "--size", "64MB", "--time=250ms"]))
        #expect(arguments[Sample.size] == 64 << 20 && arguments[Sample.time] == .milliseconds(250))
    }

    @Test func `flags are on where they are given, also by their letters`() throws {
        let long = try #require(try Sample.arguments(["run", "--auth", "--hidden", "--auth"]))
        #expect(long[Sample.auth] && long[Sample.hidden] && !long[Sample.verbose])
        let short = try #require(try Sample.arguments(["run", "-vq"]))
        #expect(short[Sample.verbose] && short[Sample.quiet] && !short[Sample.auth])
    }

    @Test(arguments: [["-c", "3"], ["-c3"], ["-c=3"], ["-vc", "3"], ["-vc3"]])
    func `a letter has its value behind it or as the next word`(_ words: [String]) throws {
        #expect(try Sample.arguments(["run"] + words + ["--auth"])?[Sample.count] == 3)
    }

    @Test func `an option with a list takes all words up to the next option`() throws {
        let arguments = try #require(
            try Sample.arguments(["run", "--names", "a", "--auth", "--names=b", "c", "--", "d"]))
        #expect(arguments[Sample.names] == ["a", "b", "c"] && arguments[Sample.auth] && arguments.rest == ["d"])
    }

    @Test func `a switch is on, off or not given`() throws {
        #expect(try Sample.arguments(["run", "--watch"])?[Sample.watch] == true)
        #expect(try Sample.arguments(["run", "--no-watch"])?[Sample.watch] == false)
        #expect(try Sample.arguments(["run"])?[Sample.watch] == .some(nil))
    }

    @Test func `the words after two dashes belong to another program`() throws {
        let arguments = try #require(try Sample.arguments(["run", "--auth", "--", "prog", "--help", "--", "-x"]))
        #expect(arguments[Sample.auth] && arguments.rest == ["prog", "--help", "--", "-x"])
        #expect(try Sample.arguments(["run", "--"])?.rest == [])
    }

    @Test func `an operand is read like a value, also after two dashes`() throws {
        #expect(try Sample.arguments(["complete", "zsh"])?[Sample.shell] == .zsh)
        #expect(try Sample.arguments(["complete", "--", "zsh"])?[Sample.shell] == .zsh)
    }

    @Test func `an optional operand may be missing`() throws {
        #expect(try Sample.arguments(["make", "x"])?[Sample.place] == "x")
        #expect(try Sample.arguments(["make", "--mode", "slow"])?[Sample.place] == .some(nil))
        #expect(
            HelpText(Sample.make, of: Sample.program).text.contains("USAGE: luafunc make [--mode <mode>] [<place>]\n"))
    }

    @Test(arguments: [
        (["rnu"], "there is no command 'rnu'; did you mean 'run'?"),
        (["qwerty"], "there is no command 'qwerty'; there are run, strict, complete, make"),
        (["frobnicate", "x"], "there is no command 'frobnicate'; there are run, strict, complete, make"),
        (["--count", "3"], "'--count' is an option of run, strict; write the command before it"),
        (["--xyz"], "Unknown option '--xyz'; the first word is a command"),
        (["run", "--cuont", "3"], "Unknown option '--cuont'; did you mean '--count'?"),
        (["run", "--cuont=3"], "Unknown option '--cuont'; did you mean '--count'?"),
        (["run", "-count", "3"], "Unknown option '-count'; did you mean '--count'?"),
        (["run", "-vx"], "Unknown option '-vx'"),
        (["run", "--hiden"], "Unknown option '--hiden'"),
        (["run", "--nowatch"], "Unknown option '--nowatch'; did you mean '--no-watch'?"),
        (["run", "--"], nil),
        (["run", "--count"], "Missing value for '--count <count>'"),
        (["run", "--count", "--auth"], "Missing value for '--count <count>'"),
        (["run", "--count", "-1"], "Missing value for '--count <count>'"),
        (["run", "--file"], "Missing value for '--file <file>'"),
        (["run", "--count", "0x3"], "The value '0x3' is invalid for '--count <count>'"),
        (["run", "--count", ""], "The value '' is invalid for '--count <count>'"),
        (
            ["run", "--count", "99999999999999999999"],
            "The value '99999999999999999999' is invalid for '--count <count>'"
        ),
        (["run", "-c"], "Missing value for '--count <count>'"),
        (["run", "-vc", "--auth"], "Missing value for '--count <count>'"),
        (["run", "-c10"], "--count must be from 1 to 9, not 10"),
        (["run", "-cx"], "The value 'x' is invalid for '--count <count>'"),
        (
            ["run", "--mode", "the FAST one"],
            "The value 'the FAST one' is invalid for '--mode <mode>': it must be one of fast, slow (did you mean 'fast'?)"
        ),
        (["run", "--count", "10"], "--count must be from 1 to 9, not 10"),
        (["run", "--count=-1"], "--count must be from 1 to 9, not -1"),
        (
            ["run", "--size", "12XB"],
            "The value '12XB' is invalid for '--size <size>': '12XB' is not a size such as 64MB"
        ),
        (["run", "--size", "1KB"], "--size must be at least 1MB, not 1KB"),
        (["run", "--size", "8GB"], "--size must be at most 2GB, not 8GB"),
        (
            ["run", "--time", "soon"],
            "The value 'soon' is invalid for '--time <time>': 'soon' is not a time such as 10s"
        ),
        (["run", "--mode", "x"], "The value 'x' is invalid for '--mode <mode>': it must be one of fast, slow"),
        (
            ["run", "--mode", "slwo"],
            "The value 'slwo' is invalid for '--mode <mode>': it must be one of fast, slow (did you mean 'slow'?)"
        ),
        (["run", "--auth=yes"], "'--auth' takes no value, so 'yes' cannot be given to it"),
        (
            ["run", "--watch", "--no-watch"],
            "'--no-watch' comes after '--watch' or '--no-watch'; give one of them, once"
        ),
        (["run", "--count", "3", "--count=3"], "--count is given twice; give it once"),
        (["run", "-c", "3", "--auth", "--count", "4"], "--count is given twice; give it once"),
        (["run", "--app=", "--app", "x"], "--app is given twice; give it once"),
        (["run", "-c3", "-vc4"], "--count is given twice; give it once"),
        (["-v"], "Unknown option '-v': write --version"),
        (["run", "extra"], "Unexpected argument 'extra'"),
        (["run", "-"], "Unexpected argument '-'"),
        (["run", "a", "--", "b"], "Unexpected argument 'a'"),
        (["strict", "--", "x"], "say how many"),
        (["strict", "3"], "say how many"),
        (["strict", "--count", "3", "--", "x"], "Unexpected argument 'x'"),
        (["complete"], "Missing argument '<shell>'"),
        (["complete", "tcsh"], "The value 'tcsh' is invalid for '<shell>': it must be one of bash, zsh, fish"),
        (["complete", "zsh", "x"], "Unexpected argument 'x'"),
        (["make", "x", "y"], "Unexpected argument 'y'"),
    ])
    func `wrong usage is reported`(_ words: [String], sentence: String?) {
        #expect(SampleProgram.error(words) == sentence)
    }

    @Test func `an error shows the option that is meant, unless it names all values, and where help is`() {
        #expect(throws: UsageError.self) { try Sample.program.read(["run", "--mode", "x"]) }
        do { _ = try Sample.program.read(["run", "--mode", "x"]) } catch {
            #expect(
                "\(error)" == """
                    Error: The value 'x' is invalid for '--mode <mode>': it must be one of fast, slow
                    See 'luafunc run --help'.
                    """)
        }
        do { _ = try Sample.program.read(["run", "--count", "x"]) } catch {
            #expect(
                "\(error)" == """
                    Error: The value 'x' is invalid for '--count <count>'
                      -c, --count <count>     How many.
                    See 'luafunc run --help'.
                    """)
        }
        do { _ = try Sample.program.read(["x"]) } catch { #expect("\(error)".hasSuffix("\nSee 'luafunc --help'.")) }
    }

    @Test(arguments: [
        ["run", "--help"], ["run", "-h"], ["run", "--count", "3", "-h"], ["run", "--nonsense", "--help"],
        ["help", "run"],
        ["run", "extra", "-h"], ["run", "--count", "--help"],
    ])
    func `help of a command is shown, even if other words are wrong`(_ words: [String]) throws {
        guard case .help(let text) = try Sample.program.read(words) else { throw UsageError(.other("no help")) }
        #expect(text == HelpText(Sample.run, of: Sample.program).text)
    }

    @Test(arguments: [[], ["--help"], ["-h"], ["help"], ["help", "nonsense"], ["--nonsense", "-h"]])
    func `help of the program is shown`(_ words: [String]) throws {
        guard case .help(let text) = try Sample.program.read(words) else { throw UsageError(.other("no help")) }
        #expect(text == HelpText(Sample.program).text)
    }

    @Test(arguments: [["--version"], ["run", "--version"], ["strict", "--version"]])
    func `every command shows the version`(_ words: [String]) throws {
        guard case .version = try Sample.program.read(words) else { throw UsageError(.other("no version")) }
    }

    @Test func `help of a command lists what it takes`() {
        #expect(
            HelpText(Sample.run, of: Sample.program).text == """
                OVERVIEW: Run it.

                USAGE: luafunc run [--app <app>] [--file <file>] [--count <count>] [--names <names>] [--size <size>] [--time <time>] [--mode <mode>] [--auth] [--verbose] [--quiet] [--watch] [--no-watch] -- [<program> ...]

                ARGUMENTS:
                  <program>               Another program.

                OPTIONS:
                  --app <app>             The folder. (default: here)
                  --file <file>           It's a [file]: any.
                  -c, --count <count>     How many.
                  --names <names>         Which.
                  --size <size>           How large.
                  --time <time>           How long.
                  --mode <mode>           How. (values: fast, slow; default: fast)
                  --auth                  Check.
                  -v, --verbose           Show more.
                  -q, --quiet             Show less.
                  --watch/--no-watch      Look. (default: no)
                  --version               Show the version.
                  -h, --help              Show help information.

                """)
    }
}
