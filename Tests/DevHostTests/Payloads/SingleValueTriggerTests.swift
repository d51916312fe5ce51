import FunctionsModel
import JSON
import Testing

@testable import DevHost

/// host-contract §6.7, §6.8, §6.11, §6.12 and §18.
struct SingleValueTriggerTests {
    private func trigger(_ type: String, _ name: String) -> TriggerBinding {
        TriggerBinding(function: "F", name: name)
    }

    @Test(arguments: [
        #"{"Last":"2026-03-01T10:15:00.0012+00:00","LastUpdated":"2026-03-01T10:15:00.0012+00:00","#
            + #""Next":"2026-03-01T10:20:00+00:00"}"#,
        "null",
    ])
    func `a timer`(_ status: String) throws {
        let timer = #"{"Schedule":{"AdjustForDST":true},"ScheduleStatus":\#(status),"IsPastDue":false}"#
        let value = try NewtonsoftValue(json: timer, as: .parser, zone: nil)
        let payload = trigger("timerTrigger", "tick").payload(timer: value)
        #expect(payload.text == #"{"Data":{"tick":\#(timer)},"Metadata":{\#(Fixed.sys("F"))}}"#)
    }

    @Test func `changed documents are encoded three times`() throws {
        let list = try NewtonsoftValue(json: #"[{"id":"1","_ts":1700000000}]"#, as: .parser, zone: nil)
        let documents = list.elements ?? []
        let payload = trigger("cosmosDBTrigger", "docs").payload(documents: documents)
        let expected =
            #"{"Data":{"docs":"\"[{\\\"id\\\":\\\"1\\\",\\\"_ts\\\":1700000000}]\""},"Metadata":{\#(Fixed.sys("F"))}}"#
        #expect(payload.text == expected)
    }

    @Test func `an Event Grid event stays an object, and only its data becomes metadata`() throws {
        let text = #"{"subject":"/a","data":{"size":3},"eventTime":"2024-04-06T15:30:00Z"}"#
        let payload = try trigger("eventGridTrigger", "event")
            .payload(event: NewtonsoftValue(json: text, as: .parser, zone: nil))
        #expect(payload.text == #"{"Data":{"event":\#(text)},"Metadata":{"data":{"size":3},\#(Fixed.sys("F"))}}"#)
        #expect(payload.expression("data.size") == "3")
    }

    @Test(arguments: [(#"{"data":"x"}"#, #""data":"\"x\"""#), (#"{"data":[1]}"#, #""data":"[1]""#), ("{}", "")])
    func `the payload of an Event Grid event whose data is not an object`(
        _ event: String, _ expected: String
    ) throws {
        let payload = try trigger("eventGridTrigger", "event")
            .payload(event: NewtonsoftValue(json: event, as: .parser, zone: nil))
        #expect(payload.metadata == expected)
    }

    @Test func `a warm-up`() {
        let payload = trigger("warmupTrigger", "warm").payloadOfWarmup
        #expect(payload.text == #"{"Data":{"warm":{}},"Metadata":{"warm":{},\#(Fixed.sys("F"))}}"#)
    }

    @Test func `a trigger of any other type`() {
        let text = trigger("rabbitMQTrigger", "msg").payload(body: Array(#"{"a":1}"#.utf8)).text
        #expect(text == #"{"Data":{"msg":"\"{\\\"a\\\":1}\""},"Metadata":{\#(Fixed.sys("F")),"a":"\"1\""}}"#)
        var binary = trigger("rabbitMQTrigger", "msg")
        binary.isBinary = true
        #expect(binary.payload(body: [0, 1, 2]).text == #"{"Data":{"msg":"AAEC"},"Metadata":{\#(Fixed.sys("F"))}}"#)
    }

    @Test(arguments: [
        (#"{"type":"table","partitionKey":"p","rowKey":"r"}"#, #""null""#),
        (#"{"type":"table","partitionKey":"p"}"#, #""[]""#),
        (#"{"type":"Table"}"#, #""[]""#),
        (#"{"type":"cosmosDB","id":"{id}"}"#, #""null""#),
        (#"{"type":"cosmosDB","SqlQuery":"SELECT * FROM c"}"#, #""[]""#),
        (#"{"type":"sql","commandText":"select 1"}"#, #""[]""#),
        (#"{"type":"signalRConnectionInfo"}"#, #""null""#),
        (#"{}"#, #""null""#),
    ])
    func `the payload of an input that finds nothing`(_ input: String, _ expected: String) throws {
        let tree = try json(input)
        let type = BindingTypes.known.type(tree.member(anyCase: "type")?.string ?? "")
        #expect(BindingValue.nothing(for: type, tree).member.json() == expected)
    }
}
