import Foundation
import JSON

extension Case {
    private static let folder = Repository.root.appending(path: "Tests/Cases")

    /// The folders of Tests/Cases that have a handler.lua.
    public static var all: [Case] {
        get throws {
            try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted().compactMap { path in
                guard path.hasSuffix("/handler.lua") else { return nil }
                let place = folder.appending(path: path).deletingLastPathComponent()
                return try Case(
                    path: String(path.dropLast("/handler.lua".count)), folder: place,
                    payload: bytes("request.json", of: place), functionJSON: bytes("function.json", of: place))
            }
        }
    }

    /// One request for each function of the sample app.
    public static var samples: [Case] {
        get throws {
            let folder = Repository.root.appending(path: "Tests/Samples")
            return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
                let place = folder.appending(path: name)
                let function = Repository.root.appending(path: "functions/\(name)/function.json")
                return try Case(
                    path: name, folder: place,
                    payload: [UInt8](Data(contentsOf: place.appending(path: "request.json"))),
                    functionJSON: [UInt8](Data(contentsOf: function)))
            }
        }
    }

    /// An app whose functions are all cases.
    public static let app = Task {
        var files = ["host.json": try String(contentsOf: folder.appending(path: "host.json"), encoding: .utf8)]
        for example in try all {
            let handler = folder.appending(path: "\(example.path)/handler.lua")
            files["\(example.name)/function.json"] = String(decoding: example.functionJSON, as: UTF8.self)
            files["\(example.name)/handler.lua"] = try String(contentsOf: handler, encoding: .utf8)
        }
        return try TemporaryApp(files)
    }

    private init(path: String, folder: URL, payload: [UInt8], functionJSON: [UInt8]) throws {
        let expected = [UInt8](try Data(contentsOf: folder.appending(path: "expected.json")))
        self.init(
            path: path, payload: payload, functionJSON: functionJSON,
            expected: try JSONTree.parse(expected.span.bytes))
    }

    /// A file of a case, or else of the nearest folder above that has it.
    private static func bytes(_ file: String, of place: URL) throws -> [UInt8] {
        var place = place
        while place.path != folder.path, !FileManager.default.fileExists(atPath: place.appending(path: file).path) {
            place.deleteLastPathComponent()
        }
        return [UInt8](try Data(contentsOf: place.appending(path: file)))
    }
}
