import FunctionsModel
import JSON
import Testing

@testable import DevHost

/// host-contract §6.5 and §6.6.
struct StorageTriggerTests {
    private func message(_ body: [UInt8]) -> QueueTriggerMessage {
        QueueTriggerMessage(
            id: "0d3a", popReceipt: "AgAA", dequeueCount: 1, insertionTime: Fixed.now,
            expirationTime: Fixed.moment("2026-03-08T10:20:30Z"),
            nextVisibleTime: Fixed.moment("2026-03-01T10:30:30Z"), body: body)
    }

    private let queue = TriggerBinding(function: "QueueFn", name: "msg")

    private static let queueMetadata = [
        #""DequeueCount":"1","ExpirationTime":"2026-03-08T10:20:30+00:00","Id":"\"0d3a\"","#,
        #""InsertionTime":"2026-03-01T10:20:30+00:00","NextVisibleTime":"2026-03-01T10:30:30+00:00","#,
        #""PopReceipt":"\"AgAA\"""#,
    ].joined()

    @Test func `a queue message that holds JSON`() {
        let expected = [
            #"{"Data":{"msg":"\"{\\\"a\\\":1}\""},"Metadata":{"#, Self.queueMetadata, #","a":"\"1\"","#,
            Fixed.sys("QueueFn"), "}}",
        ].joined()
        #expect(message(Array(#"{"a":1}"#.utf8)).payload(for: queue).text == expected)
    }

    @Test func `a queue message that is text`() {
        let payload = message(Array("hello".utf8)).payload(for: queue)
        let expected = #"{"Data":{"msg":"\"hello\""},"Metadata":{\#(Self.queueMetadata),\#(Fixed.sys("QueueFn"))}}"#
        #expect(payload.text == expected)
        #expect(payload.fixedBindingData.text(at: "queueTrigger") == "hello")
    }

    @Test func `a queue message as bytes`() {
        var binary = queue
        binary.isBinary = true
        let payload = message([0, 1, 2]).payload(for: binary)
        #expect(payload.text.hasPrefix(#"{"Data":{"msg":"AAEC"},"Metadata":{\#(Self.queueMetadata),"sys""#))
        #expect(message([0xff]).payload(for: binary).fixedBindingData.text(at: "queueTrigger") == nil)
    }

    private let blob = TriggerBinding(function: "Cats", name: "blob")

    private func event(_ content: [UInt8], name: String = "cat.png") -> BlobTriggerEvent {
        BlobTriggerEvent(
            container: "cats", name: name, pathTokens: [("name", name)], content: content,
            properties: .record([("Length", .integer(Int64(content.count)))]), metadata: [("owner", "Ada")])
    }

    @Test func `a blob that is text`() {
        let payload = event(Array("1234".utf8)).payload(for: blob)
        let expected = [
            #"{"Data":{"blob":"\"1234\""},"Metadata":{"#,
            #""Uri":"\"http://127.0.0.1:10000/devstoreaccount1/cats/cat.png\"","Properties":{"Length":4},"#,
            #""Metadata":{"owner":"Ada"},"name":"\"cat.png\"","#, Fixed.sys("Cats"), "}}",
        ].joined()
        #expect(payload.text == expected)
        #expect(payload.fixedBindingData.text(at: "blobTrigger") == "cats/cat.png")
        #expect(payload.fixedBindingData.text(at: "metadata.OWNER") == "Ada")
    }

    @Test func `a blob as bytes`() {
        var binary = blob
        binary.isBinary = true
        #expect(event([0, 1, 2]).payload(for: binary).text.hasPrefix(#"{"Data":{"blob":"AAEC"},"#))
    }

    @Test func `a blob that is not text is corrupted without dataType binary`() {
        #expect(event([0x61, 0xff]).payload(for: blob).text.hasPrefix("{\"Data\":{\"blob\":\"\\\"a\u{fffd}\\\"\"},"))
    }

    @Test func `the members of a JSON blob become metadata and may replace a token of its path`() {
        let metadata = event(Array(#"{"Name":"Tom"}"#.utf8)).payload(for: blob).metadata
        #expect(metadata.hasSuffix(#""Metadata":{"owner":"Ada"},"name":"\"Tom\"""#))
    }

    @Test func `a blob's name is encoded in its URI`() {
        let metadata = event([], name: "a b/grün.txt").payload(for: blob).metadata
        #expect(metadata.hasPrefix(#""Uri":"\"http://127.0.0.1:10000/devstoreaccount1/cats/a%20b/gr%C3%BCn.txt\"""#))
    }

    @Test(arguments: [
        (Array("text".utf8), false, #""\"text\"""#), ([0xef, 0xbb, 0xbf, 0x61], false, #""\"a\"""#),
        ([0, 1, 2], true, #""AAEC""#), (nil, false, #""null""#), (nil, true, #""null""#),
    ])
    func `a blob input`(_ content: [UInt8]?, _ isBinary: Bool, _ expected: String) {
        #expect(BindingValue.blob(content, isBinary: isBinary).member.json() == expected)
    }
}
