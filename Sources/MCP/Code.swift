/// A code of a JSON-RPC error (mcp-contract §4).
package enum Code: Int, Sendable {
    case parseError = -32700
    case invalidRequest = -32600
    case methodNotFound = -32601
    case invalidParams = -32602
    case internalError = -32603
    /// The transport refuses the request. The specification has no codes for that; this is the one of the SDKs.
    case refused = -32000
    /// Only in revisions before 2026-07-28.
    case resourceNotFound = -32002
    /// Only in 2025-11-25.
    case urlElicitationRequired = -32042
    case headerMismatch = -32020
    case missingClientCapability = -32021
    case unsupportedVersion = -32022

    /// The status of the response that is this error and nothing else. An error of invalid params that the ladder finds
    /// in `_meta` has 400 instead.
    package func status(isModern: Bool) -> Int {
        switch self {
        case .parseError, .invalidRequest, .refused, .headerMismatch, .missingClientCapability, .unsupportedVersion:
            400
        case .methodNotFound: isModern ? 404 : 200
        case .invalidParams, .internalError, .resourceNotFound, .urlElicitationRequired: 200
        }
    }
}
