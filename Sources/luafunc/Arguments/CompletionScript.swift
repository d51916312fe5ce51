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
    /// What help shows; a hidden option is completed as little.
    var visibleParameters: [Parameter] { parameters.filter { !$0.isHidden } }
}

extension String {
    /// Without the stop at its end, for one line of a list.
    var caption: String { hasSuffix(".") ? String(dropLast()) : self }
}
