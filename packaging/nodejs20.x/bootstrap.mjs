// The runtime of nodejs20.x: asks the Runtime API for events, hands them to the function, and gives back what it answers.
import { loadHandler } from './handler.mjs';
import { RuntimeAPI } from './runtime-api.mjs';
import { Invocation } from './invocation.mjs';
import { describe, UnhandledPromiseRejection } from './errors.mjs';
import { installConsole, logFailure, setInvocation } from './log.mjs';
import { installGlobals } from './streaming.mjs';

// What AWS's own runtime ends with, and what tools look for in the logs.
const EXIT_UNHANDLED_REJECTION = 128;
const EXIT_UNCAUGHT_EXCEPTION = 129;

const api = new RuntimeAPI(process.env.AWS_LAMBDA_RUNTIME_API);
let current = null;

/** Says what ended the process, to the invocation that runs or as the failure of the start, and ends it. */
async function die(label, error, status) {
    logFailure(label, error);
    try {
        if (current) {
            await api.invocationError(current.id, describe(error));
        } else {
            await api.initError(describe(error));
        }
    } finally {
        process.exit(status);
    }
}

process.on('uncaughtException', (error) => die('Uncaught Exception', error, EXIT_UNCAUGHT_EXCEPTION));
process.on('unhandledRejection', (reason) => {
    die('Unhandled Promise Rejection', new UnhandledPromiseRejection(reason), EXIT_UNHANDLED_REJECTION);
});

async function run() {
    installConsole();
    installGlobals();
    const handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
    for (;;) {
        const event = await api.next();
        process.env._X_AMZN_TRACE_ID = event.traceID ?? '';
        setInvocation(event.id, event.tenantID);
        current = new Invocation(event, api);
        await current.run(handler);
        current = null;
    }
}

run().catch((error) => die('Uncaught Exception', error, EXIT_UNCAUGHT_EXCEPTION));
