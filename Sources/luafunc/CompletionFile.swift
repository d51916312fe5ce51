import Files
import Log

/// The file from which a shell loads the completion by itself.
struct CompletionFile {
    let shell: Shell
    let path: String

    /// The first words of every script. A file without them is somebody else's.
    static func mark(for shell: Shell) -> String { "# Completion of luafunc for \(shell.rawValue)." }

    enum Refusal: Error, CustomStringConvertible {
        case noHome
        case foreign(String)
        case unwritable(String, FileError)

        var description: String {
            switch self {
            case .noHome:
                "HOME is not set, so the place of the completion is unknown; set it, or load the script that "
                    + "'luafunc completion SHELL' prints"
            case .foreign(let path): "\(path) exists and is not from luafunc; move it away, and try again"
            case .unwritable(let path, let error): "\(path) cannot be written: \(error.reason)"
            }
        }
    }

    /// - Parameter environment: `HOME` and the variables that replace folders in it.
    init(for shell: Shell, _ environment: [String: String]) throws(Refusal) {
        self.shell = shell
        func folder(_ variable: String, _ otherwise: String) throws(Refusal) -> String {
            // A relative path is to be ignored (XDG Base Directory Specification).
            if let path = environment[variable], path.hasPrefix("/") { return path }
            guard let home = environment["HOME"], home.hasPrefix("/") else { throw .noHome }
            return Path.join(home, otherwise)
        }
        switch shell {
        case .bash:
            let own = environment["BASH_COMPLETION_USER_DIR"]?.split(separator: ":").first { $0.hasPrefix("/") }
            let name = "completions/luafunc"
            if let own {
                path = Path.join(String(own), name)
            } else {
                path = try Path.join(folder("XDG_DATA_HOME", ".local/share"), "bash-completion/\(name)")
            }
        case .zsh: path = try Path.join(folder("XDG_DATA_HOME", ".local/share"), "zsh/site-functions/_luafunc")
        case .fish: path = try Path.join(folder("XDG_CONFIG_HOME", ".config"), "fish/completions/luafunc.fish")
        }
    }

    /// Writes the script. Returns false if the file has it already.
    func write(_ script: String) throws(Refusal) -> Bool {
        let kind = File.kind(of: path, followsLinks: false)
        if kind == .file, let old = try? File.read(path, limit: 1 << 20) {
            if old == Array(script.utf8) { return false }
            let text = String(decoding: old, as: UTF8.self)
            guard text.split(separator: "\n").prefix(2).contains(where: { $0.hasPrefix(Self.mark(for: shell)) }) else {
                throw .foreign(path)
            }
        } else if kind != nil {
            // A link may lead to a file that several programs share.
            throw .foreign(path)
        }
        do throws(FileError) {
            try Folder.make(Path.parent(of: path) ?? "/")
            try File.write(script, to: path)
        } catch {
            throw .unwritable(path, error)
        }
        return true
    }

    /// What the user does next.
    var advice: String {
        switch shell {
        case .bash:
            """
            It works in new shells if the package bash-completion is installed. Without it, add to ~/.bashrc:
              source \(path.shellWord)
            """
        case .zsh:
            """
            Add to ~/.zshrc, before compinit, and open a new shell:
              fpath=(\((Path.parent(of: path) ?? "").shellWord) $fpath)
            Without a line 'autoload -Uz compinit; compinit' there, add that after it.
            """
        case .fish: "It works at once."
        }
    }
}
