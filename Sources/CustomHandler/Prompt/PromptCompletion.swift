import FunctionsModel
import Lua

/// What may follow the text before a cursor.
package struct PromptCompletion: Sendable, Equatable {
    /// The beginning of the word that is completed.
    package var word = ""
    /// The whole words that begin so, sorted.
    package var candidates: [String] = []

    package init(word: String = "", candidates: [String] = []) {
        self.word = word
        self.candidates = candidates
    }
}

/// Finds names without running code of the user: it reads tables raw, and follows `__index` only to tables.
struct PromptCompleter {
    let stack: LuaStack
    let globals: LuaReference
    let files: AppFiles

    private static let keywords = [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
        "not", "or", "repeat", "return", "then", "true", "until", "while",
    ]
    /// The most pairs of a table that are looked at, the most candidates, and the most tables of an `__index` chain.
    private static let (mostPairs, mostCandidates, mostTables) = (20_000, 500, 8)

    func completion(of text: String) -> PromptCompletion {
        if let module = moduleName(in: text) {
            var known = modules
            // `require "luafunc.json"` is luafunc's own module even if the app has one of that name.
            if module.hasPrefix(Modules.ownPrefix.dropLast()) {
                known += Modules.names.map { Modules.ownPrefix + $0 }
            }
            return PromptCompletion(word: module, candidates: known.filter { $0.hasPrefix(module) })
        }
        let word = String(text.reversed().prefix(while: Self.isName).reversed())
        var path: [String] = []
        var isMethod = false
        var rest = text.dropLast(word.count)
        while let mark = rest.last, mark == "." || mark == ":" {
            if path.isEmpty { isMethod = mark == ":" }
            rest = rest.dropLast()
            let name = String(rest.reversed().prefix(while: Self.isName).reversed())
            // `f().x` and `a..b` have no table that could be found without running code.
            guard !name.isEmpty, name.first?.isNumber == false else { return PromptCompletion(word: word) }
            path.insert(name, at: 0)
            rest = rest.dropLast(name.count)
        }
        if path.isEmpty, word.isEmpty || word.first?.isNumber == true { return PromptCompletion(word: word) }
        return PromptCompletion(word: word, candidates: members(of: path, word, isMethod: isMethod))
    }

    private static func isName(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }

    // MARK: Modules

    /// The beginning of a module's name, if the cursor is in the text that `require` gets.
    private func moduleName(in text: String) -> String? {
        let name = String(
            text.reversed().prefix { Self.isName($0) || $0 == "." || $0 == "-" }.reversed())
        var rest = text.dropLast(name.count)
        guard let quote = rest.popLast(), quote == "\"" || quote == "'" else { return nil }
        while rest.last == " " || rest.last == "(" { rest.removeLast() }
        return rest.hasSuffix("require") ? name : nil
    }

    private var modules: [String] {
        var names = Set(Modules.names)
        for folder in ["lib", AppFiles.modules] { add(folder, prefix: "", levels: 3, to: &names) }
        return names.sorted()
    }

    private func add(_ folder: String, prefix: String, levels: Int, to names: inout Set<String>) {
        for entry in files.entries(of: folder) ?? [] where names.count < Self.mostCandidates {
            if entry.hasSuffix(".lua") {
                let name = prefix + entry.dropLast(4)
                names.insert(name.hasSuffix(".init") ? String(name.dropLast(5)) : name)
            } else if levels > 0, !entry.contains(".") {
                add("\(folder)/\(entry)", prefix: prefix + entry + ".", levels: levels - 1, to: &names)
            }
        }
    }

    // MARK: Members

    private func members(of path: [String], _ word: String, isMethod: Bool) -> [String] {
        let height = stack.count
        defer { stack.setCount(height) }
        guard stack.reserve(32) else { return [] }
        stack.push(globals)
        for name in path {
            guard pushMember(name) else { return [] }
        }
        var names = Set<String>()
        if path.isEmpty { names.formUnion(Self.keywords.filter { $0.hasPrefix(word) }) }
        for _ in 0..<Self.mostTables {
            if stack.type(at: -1) == .table { addKeys(word, isMethod: isMethod, to: &names) }
            guard pushIndex() else { break }
        }
        return names.sorted()
    }

    /// Replaces the value on top by its member. Returns false if it has none.
    private func pushMember(_ name: String) -> Bool {
        for _ in 0..<Self.mostTables {
            if stack.type(at: -1) == .table {
                if stack.pushField(name, of: -1) != .nil { return true }
                stack.pop()
            }
            guard pushIndex() else { return false }
        }
        return false
    }

    /// Pushes the table `__index` of the metatable of the value on top. Returns false if there is none.
    private func pushIndex() -> Bool {
        guard stack.reserve(4), stack.pushMetatable(at: -1) else { return false }
        return stack.pushField("__index", of: -1) == .table
    }

    /// Adds the names of the table on top that begin with the word.
    private func addKeys(_ word: String, isMethod: Bool, to names: inout Set<String>) {
        var pairs = 0
        stack.pushNil()
        while stack.next(of: -2) {
            pairs += 1
            if names.count < Self.mostCandidates, !isMethod || stack.type(at: -1) == .function,
                stack.type(at: -2) == .string, let name = stack.string(at: -2, upTo: 100), name.hasPrefix(word),
                name.first?.isNumber == false, name.allSatisfy(Self.isName), !Self.keywords.contains(name)
            {
                names.insert(name)
            }
            stack.pop()
            guard pairs < Self.mostPairs else {
                stack.pop()
                break
            }
        }
    }
}
