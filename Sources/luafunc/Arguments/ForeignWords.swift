import FunctionsModel

/// Commands and options of other tools that people type from habit, and what to do in luafunc instead: those of Azure
/// Functions Core Tools (`func`), and those of tools for other clouds.
enum ForeignWords {
    /// The advice on a command that luafunc does not have; nil for an unknown word. A tool may have the command in a
    /// group, such as `func azure functionapp publish`.
    static func advice(onCommand words: [String]) -> (command: String, sentence: String)? {
        for count in [3, 2, 1] where words.count >= count {
            let name = words.prefix(count).joined(separator: " ").lowercased()
            if let sentence = commands[name] { return (words.prefix(count).joined(separator: " "), sentence) }
        }
        return nil
    }

    /// The advice on an option that a command does not have.
    static func advice(on option: String, of command: String) -> String? {
        options["\(command) \(option.lowercased())"] ?? options["* \(option.lowercased())"]
    }

    private static let commands = table(commandLines)
    private static let options = table(optionLines)

    /// Each line is one or more names, separated by commas, and a sentence.
    private static func table(_ lines: StaticString) -> [String: String] {
        var table: [String: String] = [:]
        for line in "\(lines)".split(separator: "\n") {
            let parts = line.split(separator: ": ", maxSplits: 1)
            guard parts.count == 2 else { continue }
            for name in parts[0].split(separator: ", ") { table[String(name)] = String(parts[1]) }
        }
        return table
    }

    private static let commandLines: StaticString = """
        azure functionapp publish, publish, deploy: 'luafunc pack --zip app.zip' makes the package, and 'az functionapp \
        deployment source config-zip --src app.zip' deploys it
        azure functionapp logstream, tail: 'az webapp log tail' shows the logs of a deployed app
        azure functionapp fetch-app-settings, azure functionapp fetch: 'az functionapp config appsettings list' shows \
        the settings of a deployed app; write those you need into local.settings.json or .env
        azure functionapp list-functions: 'az functionapp function list' lists the functions of a deployed app
        azure storage fetch-connection-string, azure storage: 'az storage account show-connection-string' shows it; \
        'luafunc start' needs no storage account
        azure: luafunc only makes the package, with 'luafunc pack --zip app.zip'; the Azure CLI, az, does everything \
        else
        azurecontainerapps, azurecontainerapps deploy: 'luafunc pack --output DIR' makes the files of a container image, \
        and 'az functionapp create' deploys the image
        settings add, settings delete, settings list, settings: edit local.settings.json or .env, which 'luafunc start' \
        reads
        settings encrypt, settings decrypt: luafunc reads only a local.settings.json that is not encrypted; 'func \
        settings decrypt' decrypts one
        extensions, extensions install, extensions sync, bundles: extensions come from \"extensionBundle\" in host.json; \
        'luafunc check' says if it is missing, and 'luafunc start' needs none
        durable: a custom handler cannot have Durable Functions; let functions call each other through queues
        logs: 'luafunc start' shows the log lines; 'az webapp log tail' shows those of a deployed app
        func: leave out 'func', as in 'luafunc start'
        host, host start: 'luafunc start' runs the app
        run, dev, watch, up, local, emulate: 'luafunc start' runs the app, and 'luafunc invoke NAME' runs one function \
        once
        templates, templates list: 'luafunc new --list' shows the templates
        function, function new, function create, create, add, generate: 'luafunc new NAME --template http' adds a \
        function
        kubernetes, kubernetes deploy, kubernetes install, kubernetes remove: 'luafunc pack --output DIR' makes the files \
        of a container image; 'kubectl apply' deploys the image
        build, package, bundle: 'luafunc pack' makes a package; scripts need no build
        lint, validate, doctor: 'luafunc check' reports every problem of an app
        fmt, format: luafunc has no formatter; StyLua formats Lua
        list, ls, routes, function list: 'luafunc check' lists problems, and 'luafunc start' the functions and their \
        addresses
        call, trigger: 'luafunc invoke NAME' runs one function once
        secret, secrets: write secrets into local.settings.json or .env for this machine, and into app settings in Azure
        login, whoami: luafunc talks to no cloud; 'az login' is the login of Azure
        install, upgrade, update, self-update: luafunc is one file; replace it by a newer one
        version: write 'luafunc --version'
        """

    private static let optionLines: StaticString = """
        init --worker-runtime: every app of luafunc is a custom handler; leave it out
        init --language, new --language, new -l, new --csx, init --csx, init --target-framework, init --model, init \
        --managed-dependencies, init --skip-npm-install: functions are written in Lua; leave it out
        init --docker, init --docker-only: luafunc makes no Dockerfile; docs/deploy.md shows one
        init --source-control: luafunc makes no repository; it writes a .gitignore, and 'git init' makes the repository
        init --no-source-control, init --no-docs: luafunc makes none; leave it out
        init --no-bundle: 'luafunc init' writes the extension bundle, which queues and other bindings need; delete it \
        from host.json
        init --name, init -n: write the folder's name without an option: luafunc init myapp
        new --name, new -n: write the function's name without an option: luafunc new hello --template http
        new --authlevel, new -a: write \"authLevel\" into the function's function.json
        new --file, new -f: a function is a folder; its files have fixed names
        new -t: write --template, such as --template http
        start --enableauth: write --auth
        start --script-root: write the app folder: luafunc start DIR
        start --timeout, start -t: luafunc starts at once; the time of an invocation is --time-limit
        start --language-worker, start --dotnet-isolated-debug, start --javascript, start --python, start --node: there \
        is no language worker; leave it out
        start --no-build, start --build: scripts need no build; leave it out
        start --runtime: luafunc is the runtime; leave it out
        start --skip-azure-storage-check: luafunc needs no storage account; leave it out
        start --enable-json-output, start --json-output-file: 'luafunc start' writes text for people; 'luafunc serve \
        --log-format json' writes log lines in JSON
        start --user-log-level, start --log-level: write --verbose for debug lines
        start --cert, start --key, start --password: luafunc makes its own certificate; write only --https, and it says \
        where the certificate is
        start --open, start --inspect, start --debug: luafunc has no such thing; write --verbose for debug lines
        start --watch, start --reload, start --hot-reload: every save takes effect anyway; leave it out
        start --host, start --address, start --ip: write --bind
        start --env-file: .env in the app folder is read anyway
        pack --build-native-deps, pack --no-build, pack --additional-packages: scripts need no build; leave it out
        pack -o: write --output for a folder, --zip for a zip file
        repl -e, repl --eval, repl --execute: standard input is the code: echo 'return 1+1' | luafunc repl
        invoke -d, invoke --data-raw, invoke --json: write --body, or --input for a message
        invoke -x, invoke --request: write --method
        invoke -h: write --header
        * --script-root: write --app
        """
}
