/// The shells for which `luafunc completion` writes a script.
enum Shell: String, CaseIterable, Sendable {
    case bash, zsh, fish
}

extension CommandSet {
    func completionScript(for shell: Shell) -> String {
        switch shell {
        case .bash: BashCompletion(program: self).script
        case .zsh: ZshCompletion(program: self).script
        case .fish: FishCompletion(program: self).script
        }
    }
}

extension Command {
    /// The options that the help text and the completion show.
    var visibleParameters: [Parameter] { parameters.filter { !$0.isHidden } }
}

extension String {
    /// The text without its final full stop, for one line of a list.
    var caption: String { hasSuffix(".") ? String(dropLast()) : self }
}
