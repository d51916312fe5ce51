import FunctionsModel
import JSON

/// The deployed host.json. It consists of the author's own bytes if they name the packed runtime (host-contract §1).
struct PackedHostJSON {
    let bytes: [UInt8]
    private(set) var notes: [String] = []

    /// - Parameter text: nil for an app without host.json.
    init(_ text: [UInt8]?) throws(PackError) {
        guard let text else {
            bytes = Array(Self.standard.utf8)
            notes = ["host.json was added, because the app had none"]
            return
        }
        let host: JSONTree
        do throws(JSONError) {
            host = try JSONTree.newtonsoft(text.span.bytes)
        } catch {
            throw .badHost("is not JSON: \(error)")
        }
        guard host.members != nil else { throw .badHost("must contain an object, not \(host.kind)") }
        // The host reads the older section `httpWorker` only if `customHandler` is missing.
        let isOld = host.member(anyCase: "customHandler") == nil && host.member(anyCase: "httpWorker") != nil
        let path: [Substring] = [isOld ? "httpWorker" : "customHandler", "description", "defaultExecutablePath"]
        let written = path.reduce(host) { tree, name in tree?.member(anyCase: String(name)) }?.string
        guard written != runtimeName else {
            bytes = text
            return
        }
        bytes = Array(host.setting(path[...], to: .string(runtimeName)).text.utf8)
        let old = written.map { "the app's own has \"\($0)\"" } ?? "the app's own has none"
        notes = [
            "the packed host.json has \"defaultExecutablePath\": \"\(runtimeName)\", so that it starts luafunc; \(old)"
        ]
    }

    private static let standard = """
        {
          "version": "2.0",
          "extensionBundle": {
            "id": "Microsoft.Azure.Functions.ExtensionBundle",
            "version": "[4.*, 5.0.0)"
          },
          "customHandler": {
            "description": {
              "defaultExecutablePath": "\(runtimeName)"
            }
          }
        }

        """
}
