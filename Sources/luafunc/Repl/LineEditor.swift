/// The line that a person edits. It knows no terminal: keys come in, and what to do with the line comes out.
struct LineEditor {
    enum Action: Equatable {
        /// The line has changed, or the cursor.
        case redraw
        case submit(String)
        case complete, clearScreen, interrupt, endOfInput, suspend
    }

    /// The characters as people see them: a letter with its accents is one.
    private(set) var characters: [Character] = []
    /// The number of characters before the cursor.
    private(set) var cursor = 0
    private var killed: [Character] = []
    /// The earlier lines, oldest first.
    var history: [String] = []
    /// The place in the history that is shown, and the line that was being edited before.
    private var recalled: (place: Int, draft: String)?
    private var search: Search?

    private struct Search {
        var words = ""
        /// The place of the line that is shown.
        var place: Int
        var isFound = true
        let draft: String
    }

    var text: String { String(characters) }
    var textBeforeCursor: String { String(characters[..<cursor]) }
    /// What stands in place of the prompt while the history is searched.
    var searchPrompt: String? { search.map { "(\($0.isFound ? "" : "no match, ")search) \($0.words): " } }

    mutating func clear() {
        set("")
        recalled = nil
        search = nil
    }

    mutating func handle(_ key: Key) -> Action {
        if search != nil, let action = handleSearch(key) { return action }
        switch key {
        case .text(let text), .paste(let text): insert(text)
        case .enter:
            let text = text
            clear()
            return .submit(text)
        case .tab: return .complete
        case .backspace: remove(max(0, cursor - 1)..<cursor)
        case .delete: remove(cursor..<min(cursor + 1, characters.count))
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(cursor + 1, characters.count)
        case .home: cursor = lineStart
        case .end: cursor = lineEnd
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .killToEnd: kill(cursor..<(cursor == lineEnd ? min(cursor + 1, characters.count) : lineEnd))
        case .killToStart: kill(lineStart..<cursor)
        case .killWord: kill(spaceStart..<cursor)
        case .killNextWord: kill(cursor..<wordEnd)
        case .yank: insert(String(killed))
        case .transpose: transpose()
        case .up: if !moveUp() { recall(-1) }
        case .down: if !moveDown() { recall(1) }
        case .search: search = Search(place: history.count, draft: text)
        case .clearScreen: return .clearScreen
        case .interrupt: return .interrupt
        case .endOfInput:
            if characters.isEmpty { return .endOfInput }
            remove(cursor..<min(cursor + 1, characters.count))
        case .suspend: return .suspend
        case .cancel, .unknown: break
        }
        return .redraw
    }

    // MARK: Changes

    mutating func insert(_ text: String) {
        guard !text.isEmpty else { return }
        // An accent joins the letter before it, so the neighbours are divided into characters again.
        let start = max(0, cursor - 1)
        let end = min(cursor + 1, characters.count)
        let before = String(characters[start..<cursor]) + text
        let whole = Array(before + String(characters[cursor..<end]))
        let left = characters.count - end
        characters.replaceSubrange(start..<end, with: whole)
        cursor = min(start + before.count, characters.count - left)
    }

    private mutating func set(_ text: String) {
        characters = Array(text)
        cursor = characters.count
    }

    private mutating func remove(_ range: Range<Int>) {
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    private mutating func kill(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        killed = Array(characters[range])
        remove(range)
    }

    private mutating func transpose() {
        guard cursor > 0, characters.count > 1 else { return }
        let right = min(cursor, characters.count - 1)
        characters.swapAt(right - 1, right)
        cursor = right + 1
    }

    // MARK: Places

    private var lineStart: Int { (characters[..<cursor].lastIndex(of: "\n") ?? -1) + 1 }
    private var lineEnd: Int { characters[cursor...].firstIndex(of: "\n") ?? characters.count }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    private var wordStart: Int {
        let end = characters[..<cursor].lastIndex(where: Self.isWord) ?? -1
        return end < 0 ? 0 : (characters[...end].lastIndex { !Self.isWord($0) } ?? -1) + 1
    }

    private var wordEnd: Int {
        let start = characters[cursor...].firstIndex(where: Self.isWord) ?? characters.count
        return characters[start...].firstIndex { !Self.isWord($0) } ?? characters.count
    }

    private var spaceStart: Int {
        let end = characters[..<cursor].lastIndex { !$0.isWhitespace } ?? -1
        return end < 0 ? 0 : (characters[...end].lastIndex(where: \.isWhitespace) ?? -1) + 1
    }

    /// Moves to the line above in a text of several lines. Returns false on the first one.
    private mutating func moveUp() -> Bool {
        let (start, column) = (lineStart, cursor - lineStart)
        guard start > 0 else { return false }
        cursor = start - 1
        cursor = min(lineStart + column, cursor)
        return true
    }

    private mutating func moveDown() -> Bool {
        let (end, column) = (lineEnd, cursor - lineStart)
        guard end < characters.count else { return false }
        cursor = end + 1
        cursor = min(cursor + column, lineEnd)
        return true
    }

    // MARK: History

    private mutating func recall(_ step: Int) {
        let (place, draft) = recalled ?? (history.count, text)
        let next = place + step
        guard next >= 0, next <= history.count else { return }
        recalled = next == history.count ? nil : (next, draft)
        set(next == history.count ? draft : history[next])
    }

    /// Returns nil if the key ends the search and has its usual meaning.
    private mutating func handleSearch(_ key: Key) -> Action? {
        guard var current = search else { return nil }
        switch key {
        case .text(let text):
            current.words += text
            find(&current, from: min(current.place, history.count - 1))
        case .backspace:
            current.words = String(current.words.dropLast())
            find(&current, from: history.count - 1)
        case .search: find(&current, from: current.place - 1)
        case .cancel, .interrupt:
            search = nil
            set(current.draft)
            return .redraw
        default:
            search = nil
            return nil
        }
        search = current
        return .redraw
    }

    /// Shows the latest line, not after `last`, that contains the words.
    private mutating func find(_ search: inout Search, from last: Int) {
        guard !search.words.isEmpty else { return }
        let found = history.indices.last { $0 <= last && history[$0].contains(search.words) }
        search.isFound = found != nil
        guard let found else { return }
        search.place = found
        set(history[found])
        recalled = (found, search.draft)
    }
}
