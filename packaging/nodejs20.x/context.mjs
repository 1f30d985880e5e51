// The second argument of a handler.

/** @param finish called as a callback is, by the old `done`, `fail` and `succeed`. */
export function makeContext(event, finish) {
    const environment = process.env;
    const context = {
        callbackWaitsForEmptyEventLoop: true,
        functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
        functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
        memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
        logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
        logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
        clientContext: parsed(event.clientContext),
        identity: parsed(event.identity),
        invokedFunctionArn: event.functionARN,
        awsRequestId: event.id,
        tenantId: event.tenantID,
        getRemainingTimeInMillis: () => event.deadline - Date.now(),
        done: (error, result) => finish(error, result),
        fail: (error) => finish(error ?? 'handled'),
        succeed: (result) => finish(null, result),
    };
    return context;
}

function parsed(text) {
    return text ? JSON.parse(text) : undefined;
}
