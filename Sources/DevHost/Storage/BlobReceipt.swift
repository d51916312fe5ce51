import JSON

/// One line in a function's receipts file; the last line about a blob counts.
struct BlobReceipt: Sendable, Equatable {
    /// `container/name`.
    let blob: String
    let etag: String
    let state: State

    enum State: Sendable, Equatable {
        case done
        case failed(times: Int)
        /// The blob no longer exists.
        case removed
    }

    init(blob: String, etag: String, state: State) {
        self.blob = blob
        self.etag = etag
        self.state = state
    }

    var line: [UInt8] {
        var members = [JSONTree.Member(name: "blob", tree: JSONTree(.string(blob), line: 0))]
        if state != .removed { members.append(.init(name: "etag", tree: JSONTree(.string(etag), line: 0))) }
        if case .failed(let times) = state {
            members.append(.init(name: "failures", tree: JSONTree(.integer(Int64(times)), line: 0)))
        }
        return Array(JSONTree(.object(members), line: 0).text.utf8)
    }

    /// nil for a damaged line.
    init?(line: [UInt8]) {
        guard let tree = try? JSONTree.parse(line.span.bytes), let blob = tree["blob"]?.string else { return nil }
        self.blob = blob
        etag = tree["etag"]?.string ?? ""
        state =
            if tree["etag"] == nil {
                .removed
            } else if let times = tree["failures"]?.integer {
                .failed(times: Int(clamping: max(0, times)))
            } else {
                .done
            }
    }
}
