import Files
import FunctionsModel

/// The app's `.luafunc` folder, as far as `luafunc start` writes to it.
enum DataFolder {
    /// Throws if a link is in the place of one of its files or folders: a link that came with the app could lead to any
    /// file of the user. Links further down are refused by `StorageFolder`.
    static func check(_ folder: String) throws(Problem) {
        let names = ((try? Folder.names(in: folder)) ?? []).filter { $0 != "types" }
        let files = ["https/localhost.key", "https/localhost.crt"]
        // The folder itself comes first, and the files in https after it, because nothing is looked up behind a link.
        for place in [folder] + (names + files).map({ Path.join(folder, $0) }) {
            switch File.kind(of: place, followsLinks: false) {
            case .link: throw Problem(place, "is a link, and luafunc start writes nothing through links; remove it")
            case .other: throw Problem(place, "is neither a file nor a folder; remove it")
            case nil, .file, .folder: continue
            }
        }
    }
}
