import Foundation
import HTTP1
import Lua
import TestHost
import TestSupport
import Testing

@testable import CustomHandler

/// Runs the folders of Tests/Cases in process.
@Suite struct CaseTests {
    @Test(arguments: try Case.all)
    func `the caller gets what the function returns`(_ example: Case) async throws {
        let handler = try await InProcessHandler.cases.value
        let response = try await handler.invoke(example.name, example.payload, headers: example.headers)
        let differences = try example.differences(
            status: response.status, contentType: response.contentType, body: response.body)
        #expect(differences.isEmpty)
    }

    @Test(arguments: try Case.all)
    func `a long payload is read like a short one`(_ example: Case) async throws {
        let handler = try await InProcessHandler.cases.value
        // With this much white space, the payload is read in steps.
        let payload = example.payload + [UInt8](repeating: UInt8(ascii: " "), count: LongJSONReader.shortest)
        let response = try await handler.invoke(example.name, payload, headers: example.headers)
        let differences = try example.differences(
            status: response.status, contentType: response.contentType, body: response.body)
        #expect(differences.isEmpty)
    }

    @Test(arguments: try Case.all.filter { $0.plainRequest != nil })
    func `a caller gets the same response if the host forwards the request itself`(_ example: Case) async throws {
        let plain = try #require(example.plainRequest)
        let handler = try await InProcessHandler.forwardedCases.value
        let reply = try await handler.request(
            plain.target, plain.body, method: HTTPMethod(plain.method),
            headers: HTTPFields(plain.headers))
        let differences = example.plainDifferences(
            status: reply.status, headers: reply.headers.map { ($0.name, $0.value) },
            body: reply.body)
        #expect(differences.isEmpty)
    }

    @Test func `there are cases for both protocols, and their names differ`() throws {
        let all = try Case.all
        #expect(all.count > 150)
        #expect(all.filter { $0.plainRequest != nil }.count > 50)
        #expect(Set(all.map(\.name)).count == all.count)
    }
}
