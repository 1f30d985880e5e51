// Handlers of an ES module: test_nodejs.py says what each must do.
import path from 'node:path';

// A module may wait before it is ready.
const start = await new Promise((resolve) => setTimeout(() => resolve('waited'), 5));

export const echo = async (event) => event;

export const context = async (event, context) => ({
    start,
    id: context.awsRequestId,
    name: context.functionName,
    version: context.functionVersion,
    memory: context.memoryLimitInMB,
    group: context.logGroupName,
    stream: context.logStreamName,
    arn: context.invokedFunctionArn,
    client: context.clientContext,
    remaining: context.getRemainingTimeInMillis(),
    trace: process.env._X_AMZN_TRACE_ID,
    environment: process.env.AWS_EXECUTION_ENV,
    uid: process.getuid(),
    directory: process.cwd(),
});

export const log = async () => {
    console.log('first %s', 'line', { a: 1 });
    console.warn('two\nlines');
    console.error(new RangeError('shown'));
    console.debug('detail');
};

export const raise = async () => {
    throw Object.assign(new TypeError('not this'), { code: 7 });
};

export const text = async () => {
    throw 'only a text';
};

export const circle = async () => {
    const value = {};
    value.value = value;
    return value;
};

export const api = { method: async () => path.basename('/a/nested') };
