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

    @Test func `a queue message that holds JSON`() throws {
        let expected = [
            #"{"Data":{"msg":"\"{\\\"a\\\":1}\""},"Metadata":{"#, Self.queueMetadata, ",", Fixed.sys("QueueFn"),
            #","a":"\"1\""}}"#,
        ].joined()
        #expect(try message(Array(#"{"a":1}"#.utf8)).payload(for: queue).text == expected)
    }

    @Test func `a queue message that is text`() throws {
        let payload = try message(Array("hello".utf8)).payload(for: queue)
        let expected = #"{"Data":{"msg":"\"hello\""},"Metadata":{\#(Self.queueMetadata),\#(Fixed.sys("QueueFn"))}}"#
        #expect(payload.text == expected)
        #expect(payload.expression("queueTrigger") == "hello")
    }

    @Test func `a queue message as bytes`() throws {
        var binary = queue
        binary.isBinary = true
        let payload = try message([0, 1, 2]).payload(for: binary)
        #expect(payload.text.hasPrefix(#"{"Data":{"msg":"AAEC"},"Metadata":{\#(Self.queueMetadata),"sys""#))
        #expect(try message([0xff]).payload(for: binary).expression("queueTrigger") == "")
        let error = #expect(throws: QueueTriggerMessage.NotTextError.self) { try message([0xff]).payload(for: queue) }
        #expect(
            error?.description
                == #"Exception binding parameter 'msg': the message is not text in UTF-8; write "dataType": "binary" in "#
                + "the trigger to get its bytes")
    }

    private let blob = TriggerBinding(function: "Cats", name: "blob")

    private func event(_ content: [UInt8], name: String = "cat.png") -> BlobTriggerEvent {
        BlobTriggerEvent(
            container: "cats", name: name, pathTokens: [("name", "cat"), ("ext", "png")], content: content,
            modified: Fixed.now)
    }

    @Test(arguments: [false, true])
    func `a blob is always bytes`(isBinary: Bool) {
        var trigger = blob
        trigger.isBinary = isBinary
        let payload = event(Array(#"{"Name":"Tom"}"#.utf8)).payload(for: trigger)
        let start = [
            #"{"Data":{"blob":"eyJOYW1lIjoiVG9tIn0="},"Metadata":{"#,
            #""Uri":"\"http://127.0.0.1:10000/devstoreaccount1/cats/cat.png\"","Properties":{"#,
            #""LastModified":"2026-03-01T10:20:30+00:00","CreatedOn":"2026-03-01T10:20:30+00:00","Metadata":{},"#,
        ].joined()
        #expect(payload.text.hasPrefix(start))
        let end = #""Metadata":{},"name":"\"cat\"","ext":"\"png\"",\#(Fixed.sys("Cats"))}}"#
        #expect(payload.text.hasSuffix(end))
        #expect(payload.expression("blobTrigger") == "cats/cat.png")
        #expect(payload.expression("properties.CONTENTLENGTH") == "14")
    }

    @Test func `a blob's name is encoded in its URI`() {
        let metadata = event([], name: "a b/grün.txt").payload(for: blob).metadata
        #expect(metadata.hasPrefix(#""Uri":"\"http://127.0.0.1:10000/devstoreaccount1/cats/a%20b/gr%C3%BCn.txt\"""#))
    }

    @Test(
        arguments: [
            (Array("text".utf8), nil, #""\"text\"""#), ([0xef, 0xbb, 0xbf, 0x61], "string", #""\"a\"""#),
            ([0, 1, 2], "binary", #""AAEC""#), ([0, 1, 2], "stream", #""null""#), (nil, nil, #""null""#),
            (nil, "binary", #""null""#),
        ] as [([UInt8]?, String?, String)])
    func `a blob input`(_ content: [UInt8]?, _ dataType: String?, _ expected: String) {
        #expect(BindingValue.blob(content, dataType: dataType).member.json() == expected)
    }
}
