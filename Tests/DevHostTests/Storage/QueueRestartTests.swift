import Foundation
import FunctionsModel
import TestSupport
import Testing

@testable import DevHost

/// A store that is opened while another one is open sees the state that a kill of the first would have left.
struct QueueRestartTests {
    let folder: TemporaryFolder
    let clock = StoreClock()

    init() throws { folder = try TemporaryFolder() }

    private func open() throws -> QueueStore {
        let clock = clock
        return try QueueStore(folder: folder.path, service: .storageQueues, messageLimit: 65_536) { clock.now }
    }

    @Test func `sent messages survive a restart, in order`() throws {
        let before = try open()
        let sent = try (0..<20).map { try before.send([$0], to: "orders") }
        let after = try open()
        #expect(try after.peek("orders", upTo: 32) == sent)
        #expect(after.warnings.isEmpty)
    }

    @Test func `times survive to the millisecond`() throws {
        let before = try open()
        let sent = try (0..<1000).map { _ in
            clock.advance(0.001)
            return try before.send([1], to: "orders")
        }
        let loaded = try open().peek("orders", upTo: 1000)
        #expect(loaded.map(\.id) == sent.map(\.id))
        for (one, other) in zip(sent, loaded) {
            #expect(abs(one.insertionTime.timeIntervalSince(other.insertionTime)) < 0.001)
        }
    }

    @Test func `a delayed message stays delayed after a restart`() throws {
        try open().send([1], to: "orders", visibleAfter: 60)
        let store = try open()
        #expect(try store.receive(from: "orders", upTo: 1, visibilityTimeout: 600).isEmpty)
        #expect(try store.nextVisible(in: "orders") == clock.now + 60)
    }

    @Test func `a message that was held is visible after a restart, and its try counts`() throws {
        let before = try open()
        try before.send([1], to: "orders")
        let held = try #require(try before.receive(from: "orders", upTo: 1, visibilityTimeout: 600).first)
        let after = try open()
        #expect(throws: StorageError.notHeld(id: held.id, queue: "orders")) { try after.delete(held) }
        #expect(try after.receive(from: "orders", upTo: 1, visibilityTimeout: 600).map(\.dequeueCount) == [2])
    }

    @Test func `a released message keeps its count and its delay`() throws {
        let before = try open()
        try before.send([1], to: "orders")
        let held = try #require(try before.receive(from: "orders", upTo: 1, visibilityTimeout: 600).first)
        try before.release(held, visibleAfter: 30, maxDequeueCount: 5)
        let after = try open()
        #expect(try after.nextVisible(in: "orders") == clock.now + 30)
        clock.advance(30)
        #expect(try after.receive(from: "orders", upTo: 1, visibilityTimeout: 600).map(\.dequeueCount) == [2])
    }

    @Test func `a message that is not base64 stays so after a restart, also in the poison queue`() throws {
        let store = try open()
        let sent = try store.send(Array("plain!".utf8), to: "orders", isBase64: false)
        #expect(!sent.isBase64)
        let after = try open()
        let held = try #require(try after.receive(from: "orders", upTo: 1, visibilityTimeout: 600).first)
        #expect(!held.isBase64 && held.body == sent.body)
        #expect(try after.release(held, maxDequeueCount: 0) == "orders-poison")
        #expect(try open().peek("orders-poison", upTo: 1).map(\.isBase64) == [false])
    }

    @Test func `after a restart, deleted messages stay deleted and poison messages stay poison`() throws {
        let before = try open()
        for number in 1...2 { try before.send([UInt8(number)], to: "orders") }
        let held = try before.receive(from: "orders", upTo: 2, visibilityTimeout: 600)
        try before.delete(held[0])
        try before.release(held[1], maxDequeueCount: 1)
        let after = try open()
        #expect(after.counts == ["orders": 0, "orders-poison": 1])
        #expect(try after.peek("orders-poison", upTo: 1).map(\.dequeueCount) == [0])
    }

    @Test func `message numbers continue after a restart`() throws {
        let last = try open().send([1], to: "orders").sequenceNumber
        #expect(try open().send([2], to: "orders").sequenceNumber == last + 1)
    }

    @Test func `messages that expired meanwhile are gone`() throws {
        try open().send([1], to: "orders")
        clock.advance(8 * 24 * 3600)
        let store = try open()
        #expect(store.counts == ["orders": 0])
        #expect(try store.receive(from: "orders", upTo: 1, visibilityTimeout: 600).isEmpty)
    }

    @Test func `a file that a kill left unfinished is removed`() throws {
        try open().send([1], to: "orders")
        try folder.write("{\"sequ", to: ".unfinished/3F")
        let store = try open()
        #expect(store.counts == ["orders": 1] && store.warnings.isEmpty)
        #expect(folder.files(in: ".unfinished").isEmpty)
    }

    @Test func `a file is text that people can read`() throws {
        let text = try open().send(Array("{\"a\":\"ä\n\"}".utf8), to: "orders")
        #expect(
            folder.text("orders/\(text.id).json") == """
                {
                  "sequenceNumber": 1,
                  "insertionTime": "2026-03-01T10:20:30.000Z",
                  "expirationTime": "2026-03-08T10:20:30.000Z",
                  "nextVisibleTime": "2026-03-01T10:20:30.000Z",
                  "dequeueCount": 0,
                  "text": "{\\"a\\":\\"ä\\n\\"}"
                }

                """)
        let bytes = try open().send([0xff, 0], to: "orders")
        #expect(folder.text("orders/\(bytes.id).json")?.contains("\"base64\": \"/wA=\"") == true)
        #expect(try open().peek("orders", upTo: 2) == [text, bytes])
    }

    @Test(arguments: [
        ("", "line 1, column 1: the text ends in the middle of a value"),
        ("{\"sequenceNumber\": 1, \"insert", "line 1, column 30: the text ends in the middle of a value"),
        ("[]", "\"sequenceNumber\" is missing or invalid"),
        ("{\"sequenceNumber\": 1, \"insertionTime\": \"yesterday\"}", "\"insertionTime\" is missing or invalid"),
    ])
    func `a damaged file is reported and set aside`(text: String, reason: String) throws {
        try open().send([1], to: "orders")
        try folder.write(text, to: "orders/bad.json")
        let store = try open()
        #expect(store.counts == ["orders": 1])
        let aside = try #require(folder.files(in: ".damaged").first)
        #expect(folder.text(".damaged/\(aside)") == text)
        #expect(
            store.warnings == [
                "\(folder.path)/orders/bad.json is not a queue message (\(reason)) and is now \(folder.path)/.damaged/\(aside); "
                    + "fix it and move it back, or delete it"
            ])
        #expect(try open().warnings.isEmpty)
    }

    @Test func `a folder that was removed by hand is created again`() throws {
        let store = try open()
        try store.send([1], to: "orders")
        try FileManager.default.removeItem(atPath: folder.path)
        try store.send([2], to: "orders")
        #expect(try open().peek("orders", upTo: 16).map(\.body) == [[2]])
    }

    private func file(
        sequence: String = "1", inserted: String = "2026-03-01T10:20:30.000Z",
        expires: String = "2026-03-08T10:20:30.000Z", visible: String = "2026-03-01T10:20:30.000Z", count: String = "0"
    ) -> String {
        """
        { "sequenceNumber": \(sequence), "insertionTime": "\(inserted)", "expirationTime": "\(expires)",
          "nextVisibleTime": "\(visible)", "dequeueCount": \(count), "text": "x" }
        """
    }

    /// Such values once made the host exit at every start.
    @Test func `impossible numbers and times count as damage`() throws {
        let files = [
            ("sequenceNumber", file(sequence: "9223372036854775807")), ("sequenceNumber", file(sequence: "-1")),
            ("sequenceNumber", file(sequence: "1e300")), ("dequeueCount", file(count: "9223372036854775807")),
            ("dequeueCount", file(count: "-9223372036854775808")),
            ("insertionTime", file(inserted: "99999-01-01T00:00:00.000Z")),
            ("expirationTime", file(expires: "99999-01-01T00:00:00.000Z")),
            ("nextVisibleTime", file(visible: "9223372036854775807-01-01T00:00:00Z")),
            ("nextVisibleTime", file(visible: "9999-12-31T23:59:59-14:00")),
        ]
        for (number, (_, text)) in files.enumerated() { try folder.write(text, to: "orders/\(number).json") }
        let store = try open()
        #expect(store.counts == ["orders": 0])
        for (number, (member, _)) in files.enumerated() {
            let warning = store.warnings.first { $0.contains("/\(number).json is not a queue message") }
            #expect(warning?.contains("\"\(member)\" is missing or invalid") == true, "\(number) \(warning ?? "")")
        }
        #expect(try store.send([1], to: "orders").sequenceNumber == 1)
    }

    @Test func `the largest accepted numbers and times can be calculated with`() throws {
        let end = "9999-12-31T23:59:59.999Z"
        try folder.write(
            file(sequence: "\(Int64.max / 2)", expires: end, visible: "0001-01-01T00:00:00Z", count: "2147483647"),
            to: "orders/a.json")
        let store = try open()
        #expect(store.warnings.isEmpty)
        let held = try #require(try store.receive(from: "orders", upTo: 1, visibilityTimeout: 600).first)
        let payload = try QueueTriggerMessage(held).payload(
            for: TriggerBinding(function: "f", name: "m"))
        #expect(
            String(decoding: payload.bytes(now: Date(), randGuid: "x"), as: UTF8.self).contains("9999-12-31T23:59:59"))
        #expect(try store.send([1], to: "orders").sequenceNumber == Int64.max / 2 + 1)
        #expect(try store.release(held, maxDequeueCount: 5) == "orders-poison")
    }

    @Test func `a message that was sent while the clock was ahead is visible immediately`() throws {
        let before = try open()
        clock.advance(10 * 365 * 86_400)
        let sent = try before.send([1], to: "orders", visibleAfter: 60)
        clock.advance(-10 * 365 * 86_400)
        let store = try open()
        #expect(try store.nextVisible(in: "orders") == clock.now + 60)
        clock.advance(60)
        let received = try store.receive(from: "orders", upTo: 1, visibilityTimeout: 600)
        #expect(received.map(\.id) == [sent.id] && received.first?.expirationTime == clock.now - 60 + 7 * 86_400)
    }

    @Test func `a file that is not a queue is reported, and the other queues work`() throws {
        try open().send([1], to: "orders")
        try folder.write("mine", to: "notes.txt")
        try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/round", withDestinationPath: "round")
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/orders/r.json", withDestinationPath: "r.json")
        let store = try open()
        #expect(store.counts == ["orders": 1])
        #expect(store.warnings.count == 3)
        #expect(
            store.warnings.contains { $0.hasPrefix("\(folder.path)/notes.txt is not a folder, so it is not a queue") })
        #expect(store.warnings.contains { $0.hasPrefix("cannot look at \(folder.path)/round: ") })
        #expect(store.warnings.contains { $0.hasPrefix("cannot look at \(folder.path)/orders/r.json: ") })
        #expect(folder.text("notes.txt") == "mine")
    }

    @Test func `a file in place of the folder is reported`() throws {
        try folder.write("x", to: "queues")
        let error = #expect(throws: StorageError.self) {
            try QueueStore(folder: "\(folder.path)/queues", service: .storageQueues, messageLimit: 1) { Date() }
        }
        #expect(
            error?.description == "\(folder.path)/queues is not a folder; remove it, and the folder is created again")
    }
}
