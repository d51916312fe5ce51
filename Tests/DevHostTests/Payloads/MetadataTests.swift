import FunctionsModel
import JSON
import Testing

@testable import DevHost

/// host-contract §6.3 and §10.
struct MetadataTests {
    private let trigger = TriggerBinding(function: "F", name: "v")

    private func payload(_ text: String, _ data: BindingData = [:]) -> InvocationPayload {
        InvocationPayload(trigger, .text(text), data)
    }

    @Test(arguments: [
        (#"{"a":5}"#, #""a":"\"5\"""#),
        (#"{"a":5.0}"#, #""a":"\"5\"""#),
        (#"{"a":1e20}"#, #""a":"\"1E+20\"""#),
        (#"{"a":true,"b":false}"#, #""a":"\"True\"","b":"\"False\"""#),
        (#"{"a":"x"}"#, #""a":"\"x\"""#),
        (#"{"a":"2024-04-06T15:30:00Z"}"#, #""a":"\"04/06/2024 15:30:00\"""#),
        (#"{"a":{"b":[1,null,"x"]}}"#, #""a":{"b":[1,null,"x"]}"#),
        (#"{"a":{"at":"2024-04-06T15:30:00.50Z"}}"#, #""a":{"at":"2024-04-06T15:30:00.5Z"}"#),
        (#"{"a":{"list":["2024-04-06T15:30:00+02:00"]}}"#, #""a":{"list":["2024-04-06T13:30:00+00:00"]}"#),
        (#"{"a":"/Date(0)/"}"#, #""a":"\"01/01/1970 00:00:00\"""#),
        (#"{"a":"2024-04-06T24:00:00"}"#, #""a":"\"04/07/2024 00:00:00\"""#),
        (#"{"a":"2024-04-06T15:30:00.123456789"}"#, #""a":"\"04/06/2024 15:30:00\"""#),
        (#"{"a":{"at":"2024-04-06T15:30:00:30"}}"#, #""a":{"at":"2024-04-06T15:30:00"}"#),
        (#"{"a":{"b":1,"c":2,"b":3}}"#, #""a":{"b":3,"c":2}"#),
        (#"{"a":1e15}"#, #""a":"\"1000000000000000\"""#),
        (#"{"a":[1,2],"b":null,"c":1}"#, #""c":"\"1\"""#),
        (#"{"z":1,"a":2}"#, #""z":"\"1\"","a":"\"2\"""#),
        (#"{"a":1,"a":2}"#, #""a":"\"2\"""#),
        (#"{"a":1,"A":2}"#, #""a":"\"2\"""#),
        (" \r\n{\"a\":1}\t", #""a":"\"1\"""#),
        (#"{'a':'x', /* y */ "b":2,}"#, #""a":"\"x\"","b":"\"2\"""#),
        (#"{"trigger":1,"myTRIGGER":2,"triggers":3}"#, #""triggers":"\"3\"""#),
    ])
    func `the members of a JSON object become metadata`(_ text: String, _ expected: String) {
        #expect(payload(text).metadata == expected)
    }

    @Test(arguments: [
        "hello", "", "5", #""{}""#, "{}", #"[{"a":1}]"#, #"{"a":1"#, #"{"a":nope}"#, #"{"a":1} {"b":2}"#,
        #"// note {"a":1}"#, #"{"a":1,"b":["9999-12-31T24:00:00Z"]}"#, "\u{feff}{\"a\":1}",
    ])
    func `a text that is not a JSON object adds nothing to the metadata`(_ text: String) {
        #expect(payload(text).text.hasSuffix(#""Metadata":{\#(Fixed.sys("F"))}}"#))
    }

    @Test func `bytes and lists add nothing to the metadata`() {
        #expect(InvocationPayload(trigger, .bytes(Array(#"{"a":1}"#.utf8))).metadata.isEmpty)
        #expect(InvocationPayload(trigger, .json(.array([.string(#"{"a":1}"#)]))).metadata.isEmpty)
        #expect(InvocationPayload(trigger, .json(.record([("a", .integer(1))]))).metadata.isEmpty)
    }

    @Test func `a member replaces the trigger's property of the same name, in its place and case`() {
        let payload = payload(#"{"id":"mine","x":1}"#, ["Id": .text("theirs"), "Count": .json(.integer(1))])
        #expect(payload.metadata == #""Id":"\"mine\"","Count":"1","x":"\"1\"""#)
    }

    @Test func `nulls and names that end in trigger are left out`() {
        let payload = payload("x", ["QueueTrigger": .text("x"), "ReplyTo": .null, "BLOBTRIGGER": .text("y")])
        #expect(payload.metadata.isEmpty)
    }

    @Test func `a member sys replaces the system's`() {
        #expect(payload(#"{"sys":1}"#).text.hasSuffix(#""Metadata":{"sys":"\"1\""}}"#))
        #expect(payload(#"{"SYS":{"a":1},"b":2}"#).text.hasSuffix(#""Metadata":{"sys":{"a":1},"b":"\"2\""}}"#))
    }

    @Test func `if the event has a member sys, the system's becomes $sys`() {
        let system = Fixed.sys("F").replacing(#""sys""#, with: #""$sys""#, maxReplacements: 1)
        #expect(payload("x", ["Sys": .text("mine")]).text.hasSuffix(#""Metadata":{"Sys":"\"mine\"",\#(system)}}"#))
    }

    @Test func `a retry policy adds the attempt from the first on`() {
        var payload = payload("x")
        payload.retry = .init(count: 0, max: 2)
        let context = #"{"RetryCount":0,"MaxRetryCount":2,"Exception":null,"Instance":null,"State":{}}"#
        #expect(payload.text.hasSuffix(#"\#(Fixed.sys("F")),"RetryContext":\#(context)}}"#))
    }

    @Test func `a member RetryContext does not replace the host's`() {
        var payload = payload(#"{"RetryContext":"mine"}"#)
        #expect(payload.metadata == #""RetryContext":"\"mine\"""#)
        payload.retry = .init(count: 1, max: -1)
        let context = #"{"RetryCount":1,"MaxRetryCount":-1,"Exception":null,"Instance":null,"State":{}}"#
        #expect(payload.text.hasSuffix(#""Metadata":{\#(Fixed.sys("F")),"RetryContext":\#(context)}}"#))
    }

    @Test func `inputs follow the trigger in Data`() {
        var payload = payload("x")
        payload.inputs = [("doc", .json(.record([("id", .string("d"))]))), ("blob", .null)]
        #expect(
            payload.text == #"{"Data":{"v":"\"x\"","doc":{"id":"d"},"blob":"null"},"Metadata":{\#(Fixed.sys("F"))}}"#)
    }

    @Test(arguments: [
        ("customer.Name", "Ada"), ("CUSTOMER.name", "Ada"), ("qty", "5"), ("Count", "3"), ("open", "True"),
        ("somethingTrigger", "the text"), ("sys.randguid", Fixed.guid), ("sys.MethodName", "F"),
        ("sys.utcnow", "2026-03-01T10:20:30.1234567Z"), ("customer.since", "04/06/2024 15:30:00"),
        ("customer", ""), ("customer.age", nil), ("qty.x", nil), ("qty.Length", "1"), ("missing", nil), ("tags", nil),
        ("", nil), ("sys.", nil), ("at", nil), ("bytes", ""), ("bytes.x", nil), ("nothing", ""),
    ])
    func `a binding expression finds its text`(_ path: String, _ expected: String?) {
        let payload = payload(
            #"{"customer":{"name":"Ada","since":"2024-04-06T15:30:00Z"},"qty":5,"open":true,"tags":[1]}"#,
            [
                "SomethingTrigger": .text("the text"), "Count": .json(.integer(3)), "at": .dateTime(Fixed.now),
                "bytes": .bytes([1]), "nothing": .null,
            ])
        #expect(payload.expression(path) == expected)
    }
}
