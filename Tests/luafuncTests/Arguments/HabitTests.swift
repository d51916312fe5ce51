import TestSupport
import Testing

@testable import luafunc

/// Tests what luafunc says to words that people type from habit, and the examples in its help.
@Suite struct HabitTests {
    private static let program = CommandSet.luafunc

    private func error(_ line: String) -> String? {
        do {
            _ = try Self.program.read(line.split(separator: " ").map(String.init))
            return nil
        } catch {
            return "\(error)".split(separator: "\n").first.map(String.init)
        }
    }

    @Test(arguments: [
        ("azure functionapp publish app", "there is no command 'azure functionapp publish': 'luafunc pack --zip"),
        ("azure functionapp logstream app", "there is no command 'azure functionapp logstream': 'az webapp log tail'"),
        ("azure functionapp frobnicate", "there is no command 'azure': luafunc only makes the package"),
        ("settings add A B", "there is no command 'settings add': edit local.settings.json or .env"),
        ("settings", "edit local.settings.json or .env"), ("extensions install", "extensionBundle"),
        ("durable get-history", "there is no command 'durable': a custom handler cannot"),
        ("logs", "'luafunc start' shows the log lines"), ("DEPLOY", "there is no command 'DEPLOY': 'luafunc pack"),
        ("publish", "'luafunc pack --zip"), ("host start", "there is no command 'host start': 'luafunc start'"),
        ("templates list", "'luafunc new --list'"), ("function new", "'luafunc new NAME"),
        ("function list", "'luafunc check' lists problems"), ("func start", "there is no command 'func': leave out"),
        ("kubernetes deploy", "'luafunc pack --output"), ("bundles list", "extensionBundle"),
        ("dev", "'luafunc start'"), ("watch", "'luafunc start'"), ("build", "'luafunc pack'"),
        ("tail", "az webapp log"),
        ("run hello", "'luafunc invoke NAME'"), ("fmt", "StyLua"),
        ("strat", "there is no command 'strat'; did you mean 'start'?"), ("tst", "did you mean 'test'?"),
        ("frobnicate", "there are init, new, start"),
        ("init --worker-runtime custom", "Unknown option '--worker-runtime': every app of luafunc is a custom handler"),
        ("init --docker", "Unknown option '--docker': luafunc makes no Dockerfile"),
        ("new --name X --template http", "write the function's name without an option: luafunc new hello"),
        ("new -n X", "Unknown option '-n': write the function's name"), ("new X --authlevel admin", "function.json"),
        ("new X --template Timer", "(did you mean 'timer'?)"),
        ("new X --template QueueTrigger", "(did you mean 'queue'?)"),
        ("start --enableAuth", "write --auth"), ("start --useHttps --cert x", "'--cert': luafunc makes its own"),
        ("start --no-build", "leave it out"), ("start --script-root x", "luafunc start DIR"),
        ("start --script-root=x", "Unknown option '--script-root': write the app folder"),
        ("start --language-worker", "there is no language worker"),
        ("start -port 80", "Unknown option '-port'; did you mean '--port'?"),
        ("start a --app b", "the app folder is given twice: 'a' and --app 'b'; give one of them"),
        ("check a --app b", "the app folder is given twice"),
        ("pack a --app b --zip c", "the app folder is given twice"), ("start a b", "Unexpected argument 'b'"),
        ("types a --app b", "the app folder is given twice"), ("types a b", "Unexpected argument 'b'"),
        ("repl /tmp", "Unexpected argument '/tmp'; write --app /tmp"),
        ("invoke hello /tmp", "Unexpected argument '/tmp'; write --app /tmp"),
        ("invoke hello /nonexistent", "Unexpected argument '/nonexistent'"),
        ("repl x.lua", "Unexpected argument 'x.lua'; write luafunc repl < x.lua"),
        ("repl -e 1", "echo 'return 1+1' | luafunc repl"),
        ("invoke hello -d {}", "Unknown option '-d': write --body, or --input for a message"),
        ("invoke hello {}", "Unexpected argument '{}'; write --body before it, or --input for a message"),
        ("invoke hello [1]", "write --body before it"), ("-v", "Unknown option '-v': write --version"),
        ("start --cors * --cors-credentials", "CORS allows no cookies for pages of all origins; name the origins"),
        ("start --cors-credentials --cors https://a.example,*", "--cors-credentials with --cors '*'"),
        ("start --cors localhost", "an origin is a scheme and a host"),
        ("start --cors http://a.example/x", "an origin is a scheme and a host"),
        ("start --cors ,", "it names no origin such as"), ("start -p", "Missing value for '--port <port>'"),
    ])
    func `a word from habit is refused with what to do`(line: String, part: String) throws {
        let said = try #require(error(line))
        #expect(said.hasPrefix("Error: ") && said.contains(part), "\(said)")
    }

    @Test(arguments: [
        ("func start", "there is no command 'func': leave out 'func'"),
        ("azure functionapp publish app", "there is no command 'azure functionapp publish': 'luafunc pack --zip"),
        ("new --name X", "Unknown option '--name': write the function's name without an option"),
        ("start --enableAuth", "Unknown option '--enableAuth': write --auth"),
        ("host start", "'luafunc start' runs the app"), ("-v", "write --version"),
        ("invoke f --method GET --method PUT", "--method is given twice"),
        ("start --cors * --cors-credentials", "name the origins"),
    ])
    func `the program refuses such words with 64, on standard error only`(line: String, part: String) async throws {
        let end = await (try LuafuncProcess(line.split(separator: " ").map(String.init), waits: false)).end()
        #expect(end.code == 64 && end.output.isEmpty, "\(end)")
        #expect(end.errors.hasPrefix("Error: ") && end.errors.contains(part) && end.errors.hasSuffix("--help'.\n"))
    }

    @Test(arguments: [
        "start app -p 0", "types app", "start --useHttps", "start --https --cors *", "start --cors-credentials",
        "check app", "pack app --zip x",
        "start --functions a b --auth", "start --cors https://a.example,http://b.example:3/", "start -p0 -v",
    ])
    func `what habit and luafunc share is accepted`(line: String) { #expect(error(line) == nil) }

    @Test(arguments: program.commands.map(\.name))
    func `the help of every command has an example, and it is valid`(name: String) throws {
        let command = try #require(Self.program.command(name))
        let lines = (command.discussion ?? "").split(separator: "\n").compactMap { line in
            line.firstRange(of: "luafunc \(name)").map { line[$0.lowerBound...].dropFirst("luafunc ".count) }
        }
        #expect(!lines.isEmpty)
        for line in lines {
            #expect(throws: Never.self) { try Self.program.read(words(String(line))) }
        }
    }

    /// The words of a line, as a shell reads them.
    private func words(_ line: String) -> [String] {
        var words = [""]
        var quote: Character?
        // What follows several spaces, a bar or a bracket is not part of the command.
        for letter in line.firstRange(of: "  ").map({ line[..<$0.lowerBound] }) ?? line[...] {
            if letter == quote {
                quote = nil
            } else if quote != nil {
                words[words.count - 1].append(letter)
            } else if letter == "|" || letter == ")" {
                break
            } else if "\"'".contains(letter) {
                quote = letter
            } else if letter == " " {
                words.append("")
            } else {
                words[words.count - 1].append(letter)
            }
        }
        return words.filter { !$0.isEmpty }
    }
}
