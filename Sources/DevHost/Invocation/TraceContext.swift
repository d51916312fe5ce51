import FunctionsModel
import HTTP1

/// The W3C trace context of one call of the handler, which the host sends if Application Insights is configured.
struct TraceContext: Sendable {
    private let trace: String
    private let flags: String
    private let state: String?

    /// Whether the app settings configure Application Insights.
    static func isWanted(by settings: [String: String]) -> Bool {
        ["APPLICATIONINSIGHTS_CONNECTION_STRING", "APPINSIGHTS_INSTRUMENTATIONKEY"].contains {
            settings[$0]?.isEmpty == false
        }
    }

    /// Continues the trace of the caller's request, or begins one.
    init(continuing fields: HTTPFields = [:]) {
        let parts = (fields.first(HostHeader.traceparent) ?? "").split(separator: "-").map(String.init)
        // W3C Trace Context §3.2: lower-case hexadecimal, and ids that are not all zeros.
        let isValid =
            parts.map(\.utf8.count) == [2, 32, 16, 2]
            && parts.allSatisfy { $0.allSatisfy { "0123456789abcdef".contains($0) } }
            && parts[1].contains { $0 != "0" } && parts[2].contains { $0 != "0" }
        trace = isValid ? parts[1] : Self.hexadecimal(16)
        flags = isValid ? parts[3] : "00"
        state = isValid ? fields.first("tracestate") : nil
    }

    /// Adds the fields for one call, which gets a span of its own.
    func add(to fields: inout HTTPFields) {
        fields.add(HostHeader.traceparent, "00-\(trace)-\(Self.hexadecimal(8))-\(flags)")
        if let state { fields.add("tracestate", state) }
    }

    private static func hexadecimal(_ bytes: Int) -> String {
        (0..<bytes).map { _ in UInt8.random(in: 1...255).padded(2, radix: 16) }.joined()
    }
}
