import JSON
import Testing

@testable import luafunc

@Suite struct PackedHostJSONTests {
    @Test(arguments: [
        #"{ "version": "2.0", /* kept */ "customHandler": { "description": { "defaultExecutablePath": "luafunc" } } }"#,
        #"{ 'CustomHandler': { 'Description': { 'DefaultExecutablePath': 'luafunc' } } }"#,
        #"{ "httpWorker": { "description": { "defaultExecutablePath": "luafunc" } } }"#,
    ])
    func `a host.json that names the runtime stays unchanged`(text: String) throws {
        let host = try PackedHostJSON(Array(text.utf8))
        #expect(host.bytes == Array(text.utf8))
        #expect(host.notes.isEmpty)
    }

    /// A host.json, its deployed form, and the runtime that it named.
    @Test(arguments: [
        (
            #"{ "version": "2.0" }"#,
            #"{"version":"2.0","customHandler":{"description":{"defaultExecutablePath":"luafunc"}}}"#, "none"
        ),
        (
            #"{ "CUSTOMHANDLER": { "port": 80, "description": { "defaultExecutablePath": "dist/luafunc", "arguments": ["a"] } } }"#,
            #"{"CUSTOMHANDLER":{"port":80,"description":{"defaultExecutablePath":"luafunc","arguments":["a"]}}}"#,
            "\"dist/luafunc\""
        ),
        (
            #"{ "customHandler": { "description": null } }"#,
            #"{"customHandler":{"description":{"defaultExecutablePath":"luafunc"}}}"#, "none"
        ),
        (
            #"{ "httpWorker": {} }"#, #"{"httpWorker":{"description":{"defaultExecutablePath":"luafunc"}}}"#, "none"
        ),
    ])
    func `a host.json that does not name the runtime is changed, with a note`(
        text: String, changed: String, old: String
    ) throws {
        let host = try PackedHostJSON(Array(text.utf8))
        #expect(String(decoding: host.bytes, as: UTF8.self) == changed)
        #expect(
            host.notes == [
                "the packed host.json has \"defaultExecutablePath\": \"luafunc\", so that it starts luafunc; the app's own "
                    + "has \(old)"
            ])
    }

    @Test func `an app without host.json gets one`() throws {
        let host = try PackedHostJSON(nil)
        let tree = try JSONTree.parse(host.bytes.span.bytes)
        #expect(tree["version"]?.string == "2.0" && tree["extensionBundle"] != nil)
        #expect(try PackedHostJSON(host.bytes).notes.isEmpty)
        #expect(host.notes == ["host.json was added, because the app had none"])
    }

    @Test(arguments: [
        ("{", "is not JSON: line 1, column 2: the text ends in the middle of a value"),
        ("[]", "must contain an object, not an array"),
    ])
    func `a host.json that the host would refuse is an error`(text: String, reason: String) {
        #expect(throws: PackError.badHost(reason)) { try PackedHostJSON(Array(text.utf8)) }
    }
}
