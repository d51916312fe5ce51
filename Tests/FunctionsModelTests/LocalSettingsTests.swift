import Foundation
import TestSupport
import Testing

@testable import FunctionsModel

@Suite struct LocalSettingsTests {
    private func settings(_ text: String?) throws -> LocalSettings {
        let app = try TemporaryApp(text.map { ["local.settings.json": $0] } ?? [:])
        return try LocalSettings(root: app.folder.path)
    }

    @Test func `values, port and origins are read`() throws {
        let settings = try settings(
            """
            { "IsEncrypted": false,
              "Values": { "AzureWebJobsStorage": "UseDevelopmentStorage=true", "COUNT": 3, "ON": true, },
              "Host": { "LocalHttpPort": 7073, "CORS": "https://a.example, http://b.example/", "CORSCredentials": true }
            }
            """)
        #expect(
            settings.values == ["AzureWebJobsStorage": "UseDevelopmentStorage=true", "COUNT": "3", "ON": "True"])
        #expect(settings.port == 7073 && settings.allowsCredentials)
        #expect(settings.origins == ["https://a.example", "http://b.example"])
    }

    @Test func `a byte order mark is skipped`() throws {
        #expect(try settings("\u{feff}{ \"Values\": { \"A\": \"1\" } }").values == ["A": "1"])
    }

    @Test func `no file means no settings`() throws {
        #expect(try settings(nil) == LocalSettings())
    }

    @Test(arguments: [
        (#"{ "IsEncrypted": true }"#, "local.settings.json:1: is encrypted; decrypt it with 'func settings decrypt'"),
        (
            "{ \"Values\": {\n \"KEY\": { \"secret\": \"s3cret\" } } }",
            "local.settings.json:2: \"KEY\" in \"Values\" must be a string, not an object"
        ),
        (
            #"{ "Host": { "LocalHttpPort": "x" } }"#,
            "local.settings.json:1: \"LocalHttpPort\" must be a port from 0 to 65535"
        ),
        (
            #"{ "EventGrid": { "Topic": "f" } }"#,
            "local.settings.json:1: \"Topic\" in \"EventGrid\" must be a list of function names, not a string"
        ),
    ])
    func `invalid settings are reported without their values`(_ text: String, _ sentence: String) {
        let error = #expect(throws: Problem.self) { try settings(text) }
        #expect(error?.description == sentence)
    }

    @Test func `a mistake in the JSON is reported with its position`() {
        let error = #expect(throws: Problem.self) { try settings("{\n \"Values\": [ \"x\" \"y\" ] }") }
        #expect(error?.description.hasPrefix("local.settings.json:2: is not JSON: line 2, column") == true)
    }
}
