import FunctionsModel
import Testing

@testable import DevHost

/// host-contract §13: what `POST /admin/functions/<name>` runs.
struct AdminInvocationTests {
    private func invocation(_ type: String, _ input: String, isMany: Bool = false) -> InvocationPayload? {
        TriggerBinding(function: "F", type: BindingTypes.known.type(type), name: "v", isMany: isMany)
            .payload(adminInput: input, now: Fixed.now, newID: { "id" })
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
        ("eventGridTrigger", false, #"{"id": "1"}"#, #""\"{\\\"id\\\": \\\"1\\\"}\"""#),
        ("warmupTrigger", false, "", "{}"),
        ("kafkaTrigger", false, "text", #""\"text\"""#),
    ])
    func `the input becomes the trigger's value`(
        _ type: String, _ isMany: Bool, _ input: String, _ expected: String
    ) throws {
        let payload = try #require(invocation(type, input, isMany: isMany))
        #expect(payload.value.member.json() == expected)
    }

    @Test(arguments: ["httpTrigger", "blobTrigger", "timerTrigger"])
    func `the input is not the value of every trigger`(_ type: String) {
        #expect(invocation(type, "text") == nil)
    }

    @Test func `a queue message looks as if it had just come`() throws {
        let expected = [
            #""DequeueCount":"1","ExpirationTime":"2026-03-08T10:20:30+00:00","Id":"\"id\"","#,
            #""InsertionTime":"2026-03-01T10:20:30+00:00","NextVisibleTime":"2026-03-01T10:30:30+00:00","#,
            #""PopReceipt":"\"id\"""#,
        ].joined()
        #expect(try #require(invocation("queueTrigger", "text")).metadata == expected)
    }

    @Test func `events are numbered from 1`() throws {
        let metadata = try #require(invocation("eventHubTrigger", #"["a","b"]"#, isMany: true)).metadata
        #expect(metadata.contains(#""OffsetArray":"[\"1\",\"2\"]","SequenceNumberArray":"[1,2]""#))
    }
}
