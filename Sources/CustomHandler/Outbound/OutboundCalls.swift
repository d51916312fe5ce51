/// The requests of an execution that its script can still refer to, by number.
final class OutboundCalls {
    private(set) var byNumber: [Int64: OutboundCall] = [:]

    func add(_ call: OutboundCall, number: Int64) {
        call.cancelled = { [weak self] in self?.forget(number) }
        byNumber[number] = call
    }

    func forget(_ number: Int64) { byNumber[number] = nil }

    func cancelAll() {
        let calls = byNumber
        byNumber = [:]
        for call in calls.values { call.cancel() }
    }
}
