import Foundation
import FunctionsModel
import Glibc
import TestSupport
import Testing

@testable import DevHost

struct BlobReceiptsTests {
    let folder: TemporaryFolder
    let store: BlobStore
    let pattern: BlobPattern

    init() throws {
        folder = try TemporaryFolder()
        store = try BlobStore(folder: "\(folder.path)/blobs")
        pattern = try BlobPattern("uploads/{name}.png", binding: "blob")
    }

    private func open() throws -> BlobReceipts { try BlobReceipts(folder: "\(folder.path)/receipts") }

    private func write(_ names: String...) throws {
        for name in names { try store.write([1], to: BlobPath("uploads/\(name)")) }
    }

    private func take(_ receipts: BlobReceipts, for function: String = "Thumb") throws -> [String] {
        try receipts.take(for: function, pattern, in: store).map(\.blob.path.name)
    }

    @Test func `existing blobs trigger once, with their parameters`() throws {
        try write("a.png", "b.png", "c.txt")
        let receipts = try open()
        let pending = try receipts.take(for: "Thumb", pattern, in: store)
        #expect(pending.map(\.parameters.dictionary) == [["name": "a"], ["name": "b"]])
        #expect(try take(receipts).isEmpty)
        for one in pending { try receipts.done(with: one.blob, by: "Thumb") }
        #expect(try take(receipts).isEmpty)
        #expect(try take(receipts, for: "Other") == ["a.png", "b.png"])
    }

    @Test func `a blob that is released is returned again`() throws {
        try write("a.png")
        let receipts = try open()
        let pending = try #require(try receipts.take(for: "Thumb", pattern, in: store).first)
        #expect(try take(receipts).isEmpty)
        receipts.giveBack(pending.blob, of: "Thumb")
        #expect(try take(receipts) == ["a.png"])
    }

    @Test func `handled blobs stay handled after a restart, and unhandled ones trigger again`() throws {
        try write("a.png", "b.png", "c.png")
        let before = try open()
        let pending = try before.take(for: "Thumb", pattern, in: store)
        try before.done(with: pending[0].blob, by: "Thumb")
        #expect(try before.failed(pending[1].blob, in: "Thumb") == .again)
        let after = try open()
        #expect(try take(after) == ["b.png", "c.png"])
        #expect(after.warnings.isEmpty)
    }

    @Test func `a new version triggers again, also if it was written while the old one was handled`() throws {
        try write("a.png")
        let receipts = try open()
        let old = try #require(try receipts.take(for: "Thumb", pattern, in: store).first)
        try write("a.png")
        #expect(try take(receipts).isEmpty)
        try receipts.done(with: old.blob, by: "Thumb")
        let new = try #require(try receipts.take(for: "Thumb", pattern, in: store).first)
        #expect(new.blob.etag != old.blob.etag)
        try receipts.done(with: new.blob, by: "Thumb")
        #expect(try take(try open()).isEmpty)
    }

    @Test func `the fifth failure is poison, also if the host restarts in between`() throws {
        try write("a b.png")
        for attempt in 1...5 {
            let receipts = try open()
            let blob = try #require(try receipts.take(for: "Thumb", pattern, in: store).first).blob
            let verdict = try receipts.failed(blob, in: "Thumb")
            guard attempt == 5 else {
                #expect(verdict == .again)
                continue
            }
            #expect(
                verdict
                    == .poison(
                        message: #"""
                            {
                              "Type": "BlobTrigger",
                              "FunctionId": "Host.Functions.Thumb",
                              "BlobType": "BlockBlob",
                              "ContainerName": "uploads",
                              "BlobName": "a b.png",
                              "ETag": "\"\#(blob.etag)\""
                            }
                            """#))
            #expect(try take(receipts).isEmpty)
            try receipts.done(with: blob, by: "Thumb")
        }
        #expect(try take(try open()).isEmpty)
    }

    @Test func `a kill before the poison message is sent causes one more try`() throws {
        try write("a.png")
        let before = try open()
        for _ in 1...5 { _ = try before.failed(before.take(for: "Thumb", pattern, in: store)[0].blob, in: "Thumb") }
        let after = try open()
        let blob = try #require(try after.take(for: "Thumb", pattern, in: store).first).blob
        guard case .poison = try after.failed(blob, in: "Thumb") else {
            Issue.record("not poison")
            return
        }
    }

    @Test func `failures of an old version do not count for a new one`() throws {
        let receipts = try open()
        try write("a.png")
        for _ in 1...4 { _ = try receipts.failed(receipts.take(for: "Thumb", pattern, in: store)[0].blob, in: "Thumb") }
        try write("a.png")
        #expect(try receipts.failed(receipts.take(for: "Thumb", pattern, in: store)[0].blob, in: "Thumb") == .again)
    }

    @Test func `a blob that was removed and is written again is new`() throws {
        try write("a.png")
        let receipts = try open()
        try receipts.done(with: receipts.take(for: "Thumb", pattern, in: store)[0].blob, by: "Thumb")
        let path = "\(folder.path)/blobs/uploads/a.png"
        try FileManager.default.moveItem(atPath: path, toPath: "\(folder.path)/away")
        #expect(try take(receipts).isEmpty)
        try FileManager.default.moveItem(atPath: "\(folder.path)/away", toPath: path)
        #expect(try take(try open()) == ["a.png"])
        #expect(try take(receipts) == ["a.png"])
    }

    @Test func `a file is shortened when it is opened`() throws {
        try write("a.png")
        for _ in 1...20 {
            let receipts = try open()
            try write("a.png")
            try receipts.done(with: receipts.take(for: "Thumb", pattern, in: store)[0].blob, by: "Thumb")
        }
        _ = try open()
        #expect(folder.text("receipts/Thumb.jsonl")?.split(separator: "\n").count == 1)
    }

    @Test(arguments: ["{\"blob\":\"uplo", "nonsense\n", "{\"etag\":\"0x1\"}\n"])
    func `a damaged line is reported and makes only its own blob trigger again`(line: String) throws {
        try write("a.png", "b.png")
        let before = try open()
        for one in try before.take(for: "Thumb", pattern, in: store) { try before.done(with: one.blob, by: "Thumb") }
        let good = try #require(folder.text("receipts/Thumb.jsonl")).split(separator: "\n")[0] + "\n"
        try folder.write(good + line, to: "receipts/Thumb.jsonl")
        let after = try open()
        #expect(try take(after) == ["b.png"])
        let aside = try #require(folder.files(in: "receipts/.damaged").first)
        #expect(folder.text("receipts/.damaged/\(aside)") == good + line)
        #expect(
            after.warnings == [
                "\(folder.path)/receipts/Thumb.jsonl had 1 damaged line and is kept as "
                    + "\(folder.path)/receipts/.damaged/\(aside); blobs recorded there trigger again"
            ])
        #expect(try open().warnings.isEmpty)
    }

    @Test func `a last line without its end does not swallow the next one`() throws {
        try write("a.png", "b.png")
        let before = try open()
        let pending = try before.take(for: "Thumb", pattern, in: store)
        try before.done(with: pending[0].blob, by: "Thumb")
        let line = try #require(folder.text("receipts/Thumb.jsonl"))
        try folder.write(String(line.dropLast()), to: "receipts/Thumb.jsonl")
        try open().done(with: pending[1].blob, by: "Thumb")
        #expect(try take(try open()).isEmpty)
    }

    @Test(arguments: ["9223372036854775807", "-9223372036854775808", "5"])
    func `any number of failures in a file can be increased`(_ failures: String) throws {
        try write("a.png")
        let etag = try #require(try store.list("uploads").first).etag
        try folder.write(
            #"{"blob":"uploads/a.png","etag":"\#(etag)","failures":\#(failures)}"# + "\n", to: "receipts/Thumb.jsonl")
        let receipts = try open()
        let pending = try #require(try receipts.take(for: "Thumb", pattern, in: store).first)
        let verdict = try receipts.failed(pending.blob, in: "Thumb")
        if failures.hasPrefix("-") { #expect(verdict == .again) } else { #expect(verdict != .again) }
    }

    @Test(arguments: [10_413_792_000, 2_000_000_000_000, -10_000_000_000] as [Int])
    func `a blob of any year triggers`(_ seconds: Int) throws {
        try write("a.png")
        let path = "\(folder.path)/blobs/uploads/a.png"
        let times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
        // A file system that cannot store this year uses the nearest one.
        try #require(utimensat(AT_FDCWD, path, times, 0) == 0)
        let pending = try #require(try open().take(for: "Thumb", pattern, in: store).first)
        #expect(pending.blob.etag.hasPrefix("0x"))
        _ = DotNetDateTime(pending.blob.modified, .utc).isoText
    }

    @Test func `a file of receipts that cannot be read is reported`() throws {
        try FileManager.default.createDirectory(atPath: "\(folder.path)/receipts", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/receipts/Thumb.jsonl", withDestinationPath: "Thumb.jsonl")
        #expect(try open().warnings.first?.hasPrefix("cannot look at \(folder.path)/receipts/Thumb.jsonl: ") == true)
    }
}
