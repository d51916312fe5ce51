/// A sentence about members of function.json and host.json, for the schemas of editors.
enum EditorWords {
    /// The sentence about a name, a property of one type, or a path of host.json; nil if there is none.
    static func sentence(for name: String) -> String? { sentences[name.lowercased()] }

    /// The names and paths with a sentence, in lower case.
    static var names: [String] { Array(sentences.keys) }

    private static let sentences: [String: String] = {
        var sentences: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            sentences[words[0].lowercased()] = String(words[1])
        }
        return sentences
    }()

    private static let text = """
        accessRights What the connection may do: manage or listen.
        authLevel Who may call: anonymous, function (with a key) or admin. The default is function.
        autoComplete Whether the host completes a message after a run without an error.
        autoCompleteMessages Whether the host completes a message after a run without an error.
        batchSize How many messages the host takes at a time.
        commandText The query or the name of the stored procedure.
        commandType Text or StoredProcedure.
        connection The name of the app setting that holds the connection string.
        connectionStringSetting The name of the app setting that holds the connection string.
        consumerGroup The consumer group of the event hub. The default is $Default.
        containerName The name of the container.
        createIfNotExists Whether the host makes the database and the container if they are missing.
        databaseName The name of the database.
        eventHubName The name of the event hub.
        filter An OData filter of the rows.
        from The sender's address.
        hubName The name of the hub.
        cosmosDB.id The id of the one document to read; without it, a list of documents is read.
        isSessionsEnabled Whether the queue or the subscription uses sessions.
        leaseContainerName The container in which the host remembers what it has read.
        maxItemsPerInvocation The largest number of documents in one invocation.
        maxRetryCount How often the host tries again; -1 for any number of times.
        methods The accepted HTTP methods. Without it, all methods are accepted; an empty list accepts none.
        parameters The parameters of the command, such as @id={id}.
        partitionKey The key of the partition.
        path The container and the blob's name, such as "orders/{name}".
        properties Further properties, which the host passes on.
        queueName The name of the queue: small letters, digits and dashes for a storage queue.
        httpTrigger.route The path behind the route prefix, such as "orders/{id:int}". The default is the function's name.
        rowKey The key of the one row to read; without it, a list of rows is read.
        runOnStartup Whether the function also runs at each start of the host.
        schedule Six fields from seconds to days of the week, such as "0 */5 * * * *", or %SETTING%.
        source How the host learns of new blobs: LogsAndContainerScan or EventGrid.
        sqlQuery The query that selects documents, such as "SELECT * FROM c".
        subject The subject of the mail.
        subscriptionName The subscription of the topic.
        tableName The name of the table.
        take The largest number of rows to read.
        text The text of the mail.
        to The receiver's address.
        topicEndpointUri The name of the app setting that holds the endpoint of the topic.
        topicKeySetting The name of the app setting that holds the topic's key.
        topicName The name of the topic.
        useMonitor Whether the host remembers the schedule, so that a missed time is made up for.
        webHookType It has no effect in this version of the host.
        version "2.0" for this version of the host.
        functionTimeout The time limit of each invocation, such as "00:05:00"; "-1" for none.
        functions The only functions that the host loads; without it, all.
        watchDirectories Folders in which a change restarts the host.
        watchFiles Files whose change restarts the host.
        extensionBundle The bundle that all bindings except HTTP and timers need.
        extensionBundle.id Microsoft.Azure.Functions.ExtensionBundle
        extensionBundle.version A range of versions, such as "[4.*, 5.0.0)".
        extensions The settings of triggers and bindings.
        extensions.http The settings of HTTP functions.
        extensions.queues The settings of storage queues.
        customHandler How the host starts luafunc, and in which form it passes requests.
        customHandler.description The program and its arguments.
        customHandler.enableForwardingHttpRequest Whether functions with only HTTP bindings get the caller's own request.
        customHandler.enableProxyingHttpRequest Like forwarding, and streamed in both directions (newer hosts).
        defaultExecutablePath The program to start: luafunc.
        arguments The program's arguments.
        workingDirectory The folder in which the program starts.
        httpWorker The older name of customHandler.
        logging What the host logs.
        logLevel The lowest level by category, such as { "default": "Information" }.
        applicationInsights The settings of Application Insights.
        samplingSettings Which part of the telemetry is kept.
        routePrefix The first part of all routes. The default is "api"; it may be empty.
        maxConcurrentRequests How many HTTP requests run at the same time; -1 for no limit.
        maxOutstandingRequests How many HTTP requests may wait or run; above it, the host answers 429.
        customHeaders Headers that the host adds to each response.
        maxPollingInterval The longest time between two looks into an empty queue.
        visibilityTimeout How long a failed message stays hidden before the next attempt.
        maxDequeueCount How often a message is tried before it moves to the poison queue.
        newBatchThreshold The number of running messages at which the host takes more.
        messageEncoding base64 or none.
        maxConcurrentCalls How many messages run at the same time.
        prefetchCount How many messages the host fetches ahead.
        """
}
