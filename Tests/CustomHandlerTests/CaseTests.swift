import Foundation
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import CustomHandler

/// The folders of Tests/Cases, answered in process.
@Suite struct CaseTests {
    @Test(arguments: Case.all)
    func `what a function returns is what arrives`(_ example: Case) async throws {
        let handler = try await InProcessHandler.cases.value
        let response = try await handler.send(example.name, ByteBuffer(bytes: example.payload), headers: hostHeaders)
        let differences = try example.differences(
            status: response.status, contentType: response.contentType,
            body: Array(response.body.readableBytesView))
        #expect(differences.isEmpty)
    }

    @Test(arguments: Case.all.filter { $0.plainRequest != nil })
    func `a caller sees the same where the host hands over the request itself`(_ example: Case) async throws {
        let plain = try #require(example.plainRequest)
        let handler = try await InProcessHandler.forwardedCases.value
        let reply = try await handler.request(
            plain.target, ByteBuffer(bytes: plain.body), method: HTTPMethod(rawValue: plain.method),
            headers: HTTPHeaders(plain.headers))
        let differences = example.plainDifferences(
            status: reply.status, headers: reply.headers.map { ($0.name, $0.value) },
            body: Array(reply.body.readableBytesView))
        #expect(differences.isEmpty)
    }

    @Test func `there are cases of either wire`() {
        #expect(Case.all.count > 150)
        #expect(Case.all.filter { $0.plainRequest != nil }.count > 50)
    }
}
