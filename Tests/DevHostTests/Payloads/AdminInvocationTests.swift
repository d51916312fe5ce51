import EventLoop
import Foundation
import FunctionsModel
import JSON
import LoopTesting
import TestSupport
import Testing

@testable import DevHost

/// host-contract §13: invocations through `POST /admin/functions/<name>`.
struct AdminInvocationTests {
    init() { MainLoopThread.start() }

    @MainLoop
    private func payload(
        _ type: String, _ input: String, isMany: Bool = false,
        members: [(String, String)] = [("schedule", "0 0 0 1 1 *"), ("path", "inbox/{name}")]
    ) throws -> InvocationPayload {
        let app = try TemporaryApp([:])
        let binding = Binding(
            name: "v", type: BindingTypes.known.type(type), writtenType: type, direction: .in, dataType: nil,
            isMany: isMany,
            tree: JSONTree(
                .object(members.map { JSONTree.Member(name: $0.0, tree: JSONTree(.string($0.1), line: 1)) }), line: 1))
        let run = RunByHand(
            binding: binding, input: input, now: Fixed.now, zone: .utc,
            storage: try LocalStorage(root: app.folder.path),
            newID: { "id" })
        return try LocalBindings.known.trigger(binding)
            .payload(byHand: run, for: TriggerBinding(function: "F", name: "v", isMany: isMany))
    }

    @Test(arguments: [
        ("queueTrigger", false, #"{"a": 1}"#, #""\"{\\\"a\\\": 1}\"""#),
        ("QUEUETRIGGER", false, "text", #""\"text\"""#),
        ("serviceBusTrigger", false, #"["a","b"]"#, #""\"[\\\"a\\\",\\\"b\\\"]\"""#),
        ("serviceBusTrigger", true, #"["a", {"b": 1}, 5]"#, #""[\"a\",\"{\\\"b\\\":1}\",\"5\"]""#),
        ("serviceBusTrigger", true, #"{"a": 1.50}"#, #""[\"{\\\"a\\\": 1.50}\"]""#),
        ("eventHubTrigger", false, "text", #""\"text\"""#),
        ("eventHubTrigger", true, "text", #""[\"text\"]""#),
        ("eventHubTrigger", true, #"["a","b"]"#, #""[\"a\",\"b\"]""#),
        ("eventHubTrigger", true, "[]", #""[]""#),
        ("cosmosDBTrigger", false, #"[{"id": "1"}]"#, #""\"[{\\\"id\\\":\\\"1\\\"}]\"""#),
        ("cosmosDBTrigger", false, #"{"id": "1"}"#, #""\"[{\\\"id\\\":\\\"1\\\"}]\"""#),
        ("cosmosDBTrigger", false, "text", #""\"[\\\"text\\\"]\"""#),
        ("eventGridTrigger", false, #"{"id": "1"}"#, #"{"id":"1"}"#),
        ("warmupTrigger", false, "", "{}"),
        ("kafkaTrigger", false, "text", #""\"text\"""#),
    ])
    @MainLoop func `the input becomes the trigger's value`(
        _ type: String, _ isMany: Bool, _ input: String, _ expected: String
    ) throws {
        let payload = try payload(type, input, isMany: isMany)
        #expect(payload.value.member.json() == expected)
    }

    @Test(arguments: [
        ("httpTrigger", "an HTTP trigger needs a request; call the function's URL instead"),
        (
            "blobTrigger",
            "'text' is not the path of a blob; write container/name. In Azure, the function fails each time it uses it"
        ),
        ("eventGridTrigger", "an Event Grid event must be an object, not no JSON"),
    ])
    @MainLoop func `for some triggers the input is not used as the value`(_ type: String, _ reason: String) {
        let error = #expect(throws: (any Error).self) { try payload(type, "text") }
        #expect(error.map { "\($0)" } == reason)
    }

    @Test(arguments: [("timerTrigger", "schedule"), ("blobTrigger", "path")])
    @MainLoop func `a run by hand names the property that it needs`(_ type: String, _ property: String) {
        let error = #expect(throws: PropertyError.self) { try payload(type, "inbox/a", members: []) }
        #expect(error?.description == "binding 'v': has no \"\(property)\"")
    }

    @Test @MainLoop func `a blob that does not exist has no event`() {
        let error = #expect(throws: (any Error).self) { try payload("blobTrigger", "inbox/a") }
        #expect(
            error.map { "\($0)" } == "the blob inbox/a does not exist; put a file at .luafunc/blobs/inbox/a")
    }

    @Test @MainLoop func `many events of Event Grid cannot be sent by hand`() {
        let error = #expect(throws: EventGridEventError.self) { try payload("eventGridTrigger", "[]", isMany: true) }
        #expect(
            error?.description == """
                the host cannot run a trigger with "cardinality": "many" by hand; send the events to \
                /runtime/webhooks/eventgrid?functionName=F
                """)
    }

    @Test @MainLoop func `a timer ignores the input`() throws {
        #expect(try payload("timerTrigger", "text").text == payload("timerTrigger", "").text)
    }

    /// golden/host/e7, `E7-q-text`.
    @Test @MainLoop func `a queue message has neither an id nor an end`() throws {
        let expected = [
            #""DequeueCount":"0","ExpirationTime":"9999-12-31T23:59:59+00:00","#,
            #""InsertionTime":"2026-03-01T10:20:30+00:00","NextVisibleTime":"9999-12-31T23:59:59+00:00""#,
        ].joined()
        #expect(try payload("queueTrigger", "text").metadata == expected)
    }

    @Test @MainLoop func `events are numbered from 1`() throws {
        let metadata = try payload("eventHubTrigger", #"["a","b"]"#, isMany: true).metadata
        #expect(metadata.contains(#""OffsetArray":"[\"1\",\"2\"]","SequenceNumberArray":"[1,2]""#))
    }
}
