import FunctionsModel

/// The failure of an attempt as the next one gets it in `RetryContext`: a .NET exception as Newtonsoft writes it
/// (host-contract §6.3, golden/host/e9, `E9-hretry`). The stack traces are those of the code that throws it.
struct RetryException: Sendable {
    let function: String
    let invocation: String
    /// What failed.
    let text: String
    /// The answer's status and the words after it, if it was not a success.
    let answer: (status: Int, reason: String)?

    private static let genericResult: Int64 = -2_146_233_088

    var value: NewtonsoftValue {
        .record([
            ("InstanceId", .string(invocation)), ("MethodName", .string("Host.Functions.\(function)")),
            ("Handled", .boolean(false)),
            ("ClassName", .string("Microsoft.Azure.WebJobs.Host.FunctionInvocationException")),
            ("Message", .string("Exception while executing function: Functions.\(function)")), ("Data", .null),
            ("InnerException", cause), ("HelpURL", .null),
            (
                "StackTraceString",
                .string("   at Microsoft.Azure.WebJobs.Host.Executors.FunctionExecutor.TryExecuteAsync")
            ),
            ("RemoteStackTraceString", .null), ("RemoteStackIndex", .integer(0)), ("ExceptionMethod", .null),
            ("HResult", .integer(Self.genericResult)), ("Source", .string("System.Private.CoreLib")),
            ("WatsonBuckets", .null),
        ])
    }

    private var cause: NewtonsoftValue {
        let refusal: [(name: String, value: NewtonsoftValue)] =
            answer.map { [("HttpRequestError", .integer(0)), ("StatusCode", .integer(Int64($0.status)))] } ?? []
        let message =
            answer.map { "Response status code does not indicate success: \($0.status) (\($0.reason))." } ?? text
        return .record(
            refusal + [
                ("Message", .string(message)), ("Data", .record([])), ("InnerException", .null), ("HelpLink", .null),
                ("Source", .string(answer == nil ? "Microsoft.Azure.WebJobs.Script" : "System.Net.Http")),
                ("HResult", .integer(Self.genericResult)),
                ("StackTrace", .string("   at Microsoft.Azure.WebJobs.Script.Workers.Http.DefaultHttpWorkerService")),
            ])
    }
}
