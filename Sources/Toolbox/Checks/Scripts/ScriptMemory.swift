import CustomHandler
import FunctionsModel
import Lua
import Synchronization

/// What is known about the scripts that were checked, so that a later check reads only those that have changed.
package final class ScriptMemory: Sendable {
    /// What a file says by itself.
    enum Content: Sendable {
        case facts(ScriptFacts)
        case failure(LuaFailure)

        var facts: ScriptFacts? { if case .facts(let facts) = self { facts } else { nil } }
    }

    private struct Entry: Sendable {
        let text: [UInt8]
        let content: Content
    }

    private let entries = Mutex<[String: Entry]>([:])

    private let known = Mutex<KnownNames?>(nil)

    package init() {}

    /// The names that every script may use.
    func names(of function: Function, in files: AppFiles) -> KnownNames? {
        if let names = known.withLock({ $0 }) { return names }
        let names = KnownNames(of: function, in: files)
        known.withLock { $0 = names }
        return names
    }

    /// Returns nil if the file cannot be read.
    func content(of file: String, in files: AppFiles) -> Content? {
        guard let text = try? files.text(of: file) else { return nil }
        if let known = entries.withLock({ $0[file] }), known.text == text { return known.content }
        let content = Self.read(text, file)
        entries.withLock { $0[file] = Entry(text: text, content: content) }
        return content
    }

    private static func read(_ text: [UInt8], _ file: String) -> Content {
        do throws(LuaFailure) {
            return .facts(ScriptScanner.facts(of: try LuaBytecode(source: text, name: "@\(file)")))
        } catch {
            return .failure(error)
        }
    }
}
