/// The keys of host.json that Azure documents.
///
/// Each line has the path of a section and its keys. A key ends with `?` for true or false, `#` for a number, `@` for a
/// time, `[` for a list of texts, `{` for a section, `~` for any value, and otherwise stands for a text. `+` after the
/// path says that the section has further keys, so that only those are reported that resemble a listed one. A section
/// without a line may have any keys.
enum HostSchema {
    static var sections: [String: KeyCheck.Section] { KeyCheck.sections(text) }

    private static let text = """
        . $schema version functionTimeout~ functions[ watchDirectories[ watchFiles[ extensions{ extensionBundle{ \
        customHandler{ httpWorker{ logging{ healthMonitor{ concurrency{ managedDependency{ retry{ aggregator{ \
        singleton{ telemetryMode configurationProfile applicationInsights~ http~ queues~ blobs~ eventHub~ serviceBus~ \
        sendGrid~ cosmosDB~ documentDB~ id~ logger~ tracing~ durableTask~ description
        extensionBundle id version
        customHandler description{ enableForwardingHttpRequest? enableProxyingHttpRequest? http{ port# type \
        initializationTimeout@
        customHandler.description+ defaultExecutablePath defaultWorkerPath workingDirectory arguments[ \
        workerDirectory language extensions[
        customHandler.http routes~ defaultAuthorizationLevel
        logging+ fileLoggingMode logLevel{ console{ applicationInsights{
        logging.console+ isEnabled? disableColors?
        logging.applicationInsights+ samplingSettings{ samplingExcludedTypes enableLiveMetrics? \
        enableLiveMetricsFilters? enableDependencyTracking? enablePerformanceCountersCollection? \
        httpAutoCollectionOptions{ snapshotConfiguration{ dependencyTrackingOptions{ liveMetricsInitializationDelay@
        logging.applicationInsights.samplingSettings+ isEnabled? maxTelemetryItemsPerSecond# excludedTypes \
        includedTypes evaluationInterval@ initialSamplingPercentage# samplingPercentageIncreaseTimeout@ \
        samplingPercentageDecreaseTimeout@ minSamplingPercentage# maxSamplingPercentage# movingAverageRatio#
        healthMonitor enabled? healthCheckInterval@ healthCheckWindow@ healthCheckThreshold# counterThreshold#
        concurrency+ dynamicConcurrencyEnabled? snapshotPersistenceEnabled? maximumFunctionConcurrency# \
        totalAvailableMemoryBytes# cpuThreshold# memoryThreshold#
        managedDependency enabled?
        retry strategy maxRetryCount# delayInterval@ minimumInterval@ maximumInterval@
        aggregator batchSize# flushTimeout@
        singleton lockPeriod@ listenerLockPeriod@ listenerLockRecoveryPollingInterval@ lockAcquisitionTimeout@ \
        lockAcquisitionPollingInterval@
        extensions+ http{ queues{ blobs{ serviceBus{ eventHubs{ cosmosDB{ sendGrid{ signalR{ durableTask{ kafka{ \
        rabbitMQ{ tables{ eventGrid{ sql{ mysql{ redis{ kusto{ dapr{ openai{ mcp{ webPubSub{ warmup{ timers{
        extensions.http routePrefix maxConcurrentRequests# maxOutstandingRequests# dynamicThrottlesEnabled? hsts{ \
        customHeaders{
        extensions.http.hsts isEnabled? maxAge includeSubDomains? preload? excludedHosts[
        extensions.queues+ maxPollingInterval@ visibilityTimeout@ batchSize# maxDequeueCount# newBatchThreshold# \
        messageEncoding
        extensions.blobs+ maxDegreeOfParallelism# poisonBlobThreshold#
        extensions.serviceBus+ clientRetryOptions{ prefetchCount# transportType webProxy autoCompleteMessages? \
        maxAutoLockRenewalDuration@ maxConcurrentCalls# maxConcurrentSessions# maxMessageBatchSize# \
        minMessageBatchSize# maxBatchWaitTime@ sessionIdleTimeout@ enableCrossEntityTransactions? \
        maxConcurrentCallsPerSession# messageHandlerOptions{ sessionHandlerOptions{ batchOptions{
        extensions.serviceBus.clientRetryOptions mode tryTimeout@ delay@ maxDelay@ maxRetries#
        extensions.eventHubs+ maxEventBatchSize# minEventBatchSize# maxWaitTime@ batchCheckpointFrequency# \
        prefetchCount# transportType clientRetryOptions{ initialOffsetOptions{ targetUnprocessedEventThreshold# \
        loadBalancingUpdateInterval@ partitionOwnershipExpirationInterval@ trackLastEnqueuedEventProperties? \
        customEndpointAddress webProxy eventProcessorOptions{ enableCheckpointing?
        extensions.eventHubs.clientRetryOptions mode tryTimeout@ delay@ maximumDelay@ maxDelay@ maximumRetries# \
        maxRetries#
        extensions.eventHubs.initialOffsetOptions type enqueuedTimeUtc
        extensions.cosmosDB+ connectionMode protocol leaseOptions{ userAgentSuffix
        extensions.sendGrid+ from to apiKey
        """
}
