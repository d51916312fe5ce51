import FunctionsModel
import JSON
import Testing

@testable import DevHost

/// host-contract §6.9 and §6.10.
struct BrokerMessageTests {
    private let bus = TriggerBinding(function: "Bus", name: "msg")

    private func message(_ body: String) -> ServiceBusMessage {
        ServiceBusMessage(
            body: Array(body.utf8), lockToken: "l1", messageId: "m1", sequenceNumber: 42,
            enqueuedTime: Fixed.moment("2026-03-01T10:20:30Z"), expiresAt: Fixed.moment("2026-03-15T10:20:30Z"))
    }

    @Test func `the payload of a single Service Bus message`() {
        let expected = [
            #"{"Data":{"msg":"\"{\\\"a\\\":1}\""},"Metadata":{"DeliveryCount":"1","LockToken":"\"l1\"","#,
            #""MessageId":"\"m1\"","SequenceNumber":"42","EnqueuedTimeUtc":"2026-03-01T10:20:30","#,
            #""ExpiresAtUtc":"2026-03-15T10:20:30","UserProperties":{},"ApplicationProperties":{},"#,
            Fixed.sys("Bus"), #","a":"\"1\""}}"#,
        ].joined()
        #expect(bus.payload(of: message(#"{"a":1}"#)).text == expected)
    }

    @Test func `the payload of a Service Bus message with all properties`() {
        var message = message("x")
        message.deadLetterSource = "q"
        message.contentType = "text/plain"
        message.replyTo = "r"
        message.to = "t"
        message.subject = "s"
        message.correlationId = "c"
        message.applicationProperties = [("k", .string("v")), ("n", .integer(1))]
        let expected = [
            #""DeadLetterSource":"\"q\"","ContentType":"\"text/plain\"","ReplyTo":"\"r\"","To":"\"t\"","#,
            #""Label":"\"s\"","Subject":"\"s\"","CorrelationId":"\"c\"","#,
            #""UserProperties":{"k":"v","n":1},"ApplicationProperties":{"k":"v","n":1}"#,
        ].joined()
        #expect(bus.payload(of: message).metadata.hasSuffix(expected))
    }

    @Test func `several Service Bus messages are one list, with lists of their properties`() {
        var second = message("b")
        second.subject = "s"
        let expected = [
            #"{"Data":{"msg":"[\"{\\\"a\\\":1}\",\"b\"]"},"Metadata":{"DeliveryCountArray":"[1,1]","#,
            #""LockTokenArray":"[\"l1\",\"l1\"]","MessageIdArray":"[\"m1\",\"m1\"]","SequenceNumberArray":"[42,42]","#,
            #""EnqueuedTimeUtcArray":"[\"2026-03-01T10:20:30\",\"2026-03-01T10:20:30\"]","#,
            #""ExpiresAtUtcArray":"[\"2026-03-15T10:20:30\",\"2026-03-15T10:20:30\"]","#,
            #""DeadLetterSourceArray":"[null,null]","ContentTypeArray":"[null,null]","ReplyToArray":"[null,null]","#,
            #""ToArray":"[null,null]","LabelArray":"[null,\"s\"]","SubjectArray":"[null,\"s\"]","#,
            #""CorrelationIdArray":"[null,null]","UserPropertiesArray":"[{},{}]","#,
            #""ApplicationPropertiesArray":"[{},{}]","#, Fixed.sys("Bus"), "}}",
        ].joined()
        #expect(bus.payload(ofMany: [message(#"{"a":1}"#), second]).text == expected)
    }

    private let hub = TriggerBinding(function: "Hub", name: "event", eventHubName: "h")

    private func event(_ body: [UInt8], key: String? = nil) -> EventHubEvent {
        EventHubEvent(
            body: body, partitionKey: key, offset: "64", sequenceNumber: 7,
            enqueuedTime: Fixed.moment("2026-03-01T10:20:30Z"), properties: [("k", .string("v"))])
    }

    private static let context =
        #""PartitionContext":{"EventHubName":"h","ConsumerGroup":"$Default","PartitionId":"0"}"#

    @Test func `the payload of a single event of an event hub`() {
        let expected = [
            #"{"Data":{"event":"\"e1\""},"Metadata":{"#, Self.context, #","PartitionKey":"\"p\"","Offset":"\"64\"","#,
            #""SequenceNumber":"7","EnqueuedTimeUtc":"2026-03-01T10:20:30","Properties":{"k":"v"},"#,
            #""SystemProperties":{"PartitionKey":"p","Offset":"64","SequenceNumber":7,"#,
            #""EnqueuedTimeUtc":"2026-03-01T10:20:30"},"#, Fixed.sys("Hub"), "}}",
        ].joined()
        #expect(hub.payload(of: event(Array("e1".utf8), key: "p")).text == expected)
    }

    @Test func `several events are one list, with lists of their properties`() {
        let system =
            #"{\"PartitionKey\":null,\"Offset\":\"64\",\"SequenceNumber\":7,"#
            + #"\"EnqueuedTimeUtc\":\"2026-03-01T10:20:30\"}"#
        let expected = [
            #"{"Data":{"event":"[\"e1\"]"},"Metadata":{"#, Self.context, #","PartitionKeyArray":"[null]","#,
            #""OffsetArray":"[\"64\"]","SequenceNumberArray":"[7]","#,
            #""EnqueuedTimeUtcArray":"[\"2026-03-01T10:20:30\"]","PropertiesArray":"[{\"k\":\"v\"}]","#,
            #""SystemPropertiesArray":"["#, system, #"]","#, Fixed.sys("Hub"), "}}",
        ].joined()
        #expect(hub.payload(ofMany: [event(Array("e1".utf8))]).text == expected)
    }

    @Test func `events as bytes are base64, single or in a list`() {
        var binary = hub
        binary.isBinary = true
        #expect(binary.payload(of: event([0, 1, 2])).text.hasPrefix(#"{"Data":{"event":"AAEC"},"#))
        let many = binary.payload(ofMany: [event([0, 1, 2]), event([0xff])]).text
        #expect(many.hasPrefix(#"{"Data":{"event":"[\"AAEC\",\"/w==\"]"},"#))
    }
}
