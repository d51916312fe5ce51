/// The binding types that Azure documents and that luafunc treats like any other. luafunc knows their properties only to
/// check them, so it warns of misspelt ones and not of unknown ones.
enum DocumentedBindings {
    static var schemas: [BindingSchema] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count > 1 else { return nil }
            return BindingSchema(
                String(words[0]), Binding.Direction(rawValue: String(words[1])),
                words.count > 2 ? String(words[2]) : "", isComplete: false)
        }
    }

    /// A line for each type: its name, its direction or `any`, and its properties.
    private static let text = """
        activityTrigger in activity
        orchestrationTrigger in orchestration
        entityTrigger in entityName
        durableClient in taskHub connectionName externalClient?
        orchestrationClient in taskHub connectionName
        mysqlTrigger in *tableName *connectionStringSetting leasesTableName
        mysql any *commandText *connectionStringSetting commandType parameters
        kustoTrigger in database connection
        kusto any *database *connection kqlCommand kqlParameters tableName mappingRef dataFormat managedServiceIdentity
        kafkaTrigger in *topic *brokerList \(kafka) eventHubConnectionString consumerGroup lagThreshold# keyDataType
        kafka out *topic *brokerList \(kafka) maxMessageBytes# batchSize# enableIdempotence? messageTimeoutMs# \
        requestTimeoutMs# maxRetries# lingerMS# lingerMs# keyAvroSchema keyDataType partitionKey
        rabbitMQTrigger in *queueName \(rabbit) prefetchCount# disableAck?
        rabbitMQ out queueName \(rabbit)
        signalRTrigger in hubName category event parameterNames~ connectionStringSetting connection
        signalRConnectionInfo in hubName userId connectionStringSetting connection idToken claimTypeList~ claims~
        signalRNegotiation in hubName userId connectionStringSetting connection idToken claimTypeList~
        signalREndpoints in hubName connectionStringSetting connection
        twilioSms out accountSidSetting authTokenSetting from to body
        mobileTable any tableName id connection apiKey
        notificationHub out tagExpression hubName connection platform
        daprServiceInvocationTrigger in methodName
        daprBindingTrigger in bindingName
        daprTopicTrigger in *pubSubName *topic route
        daprState any *stateStore key daprAddress etag
        daprSecret in *secretStoreName *key metadata daprAddress
        daprInvoke out appId methodName httpVerb daprAddress
        daprPublish out pubSubName topic daprAddress
        daprBinding out bindingName operation daprAddress
        redisPubSubTrigger in *channel *connection connectionStringSetting=connection pattern?
        redisListTrigger in *key *connection connectionStringSetting=connection pollingIntervalInMs# \
        messagesPerWorker# count# maxBatchSize# listPopFromBeginning? listDirection
        redisStreamTrigger in *key *connection connectionStringSetting=connection pollingIntervalInMs# \
        messagesPerWorker# count# maxBatchSize# deleteAfterProcess?
        redis any *command *connection connectionStringSetting=connection arguments
        webPubSubTrigger in *hub *eventType *eventName connection connections~ clientProtocols~ webPubSubAccesses~
        webPubSubConnection in *hub userId connection clientProtocol
        webPubSubContext in connection connections~
        webPubSub out *hub connection
        assistantSkillTrigger in functionDescription functionName parameterDescriptionJson model
        assistantSkillsTrigger in functionDescription functionName parameterDescriptionJson model
        textCompletion in *prompt model chatModel \(openAI) systemPrompt
        assistantQuery in *id timestampUtc \(chat)
        assistantCreate out id instructions \(chat)
        assistantPost in *id *userMessage model chatModel \(openAI) \(chat)
        embeddings in *input inputType model embeddingsModel maxChunkLength# maxOverlap# aIConnectionName
        embeddingsStore out *input inputType storeConnectionName connectionName collection model embeddingsModel \
        maxChunkLength# maxOverlap# aIConnectionName
        semanticSearch in searchConnectionName connectionName *collection query model chatModel embeddingsModel \
        systemPrompt maxKnowledgeCount# \(openAI)
        mcpToolTrigger in *toolName description toolProperties~ metadata~ useResultSchema? resultSchema~ inputSchema~
        mcpToolProperty in *propertyName propertyType description isRequired? required? isArray?
        mcpResourceTrigger in *uri *resourceName title description mimeType size# metadata~ useResultSchema?
        mcpPromptTrigger in *promptName title description promptArguments~ metadata~
        mcpPromptArgument in *argumentName description isRequired?
        """

    private static let kafka = """
        avroSchema keyAvroSchema username password protocol authenticationMode sslKeyLocation sslCaLocation \
        sslCertificateLocation sslKeyPassword sslCertificatePEM sslKeyPEM sslCaPEM sslCertificateandKeyPEM \
        schemaRegistryUrl schemaRegistryUsername schemaRegistryPassword oAuthBearerMethod oAuthBearerClientId \
        oAuthBearerClientSecret oAuthBearerScope oAuthBearerTokenEndpointUrl oAuthBearerExtensions
        """
    private static let rabbit = """
        hostName userNameSetting passwordSetting userName password connectionStringSetting port#
        """
    private static let openAI = "temperature topP maxTokens isReasoningModel? aIConnectionName"
    private static let chat = "chatStorageConnectionSetting collectionName"
}
