// One invocation: the function is called in whichever of its forms it has, and what it does first is its answer.
import { makeContext } from './context.mjs';
import { describe } from './errors.mjs';
import { logFailure } from './log.mjs';
import { isStreaming, ResponseStream } from './streaming.mjs';

export class Invocation {
    #event;
    #api;

    constructor(event, api) {
        this.#event = event;
        this.#api = api;
    }

    get id() {
        return this.#event.id;
    }

    /** Returns once the function's answer was given. */
    async run(handler) {
        if (isStreaming(handler)) {
            return this.#stream(handler);
        }
        let answer;
        try {
            answer = await this.#call(handler);
        } catch (error) {
            return this.#fail(error);
        }
        let text;
        try {
            text = JSON.stringify(answer === undefined ? null : answer) ?? 'null';
        } catch (error) {
            return this.#fail(new Error(`Unable to stringify response body: ${error.message}`, { cause: error }));
        }
        await this.#api.response(this.#event, text);
    }

    #call(handler) {
        return new Promise((resolve, reject) => {
            // A function without callback and promise that has nothing more to do has answered nothing.
            const idle = () => resolve(null);
            const settle = (error, result, isLate) => {
                process.removeListener('beforeExit', idle);
                const answer = () => (error === null || error === undefined ? resolve(result) : reject(error));
                if (isLate) {
                    process.once('beforeExit', answer);
                } else {
                    answer();
                }
            };
            // The callback answers once the event loop is empty, or at once where the function does not want to wait.
            const finish = (error, result) => settle(error, result, context.callbackWaitsForEmptyEventLoop);
            const context = makeContext(this.#event, once(finish));
            process.once('beforeExit', idle);
            try {
                const returned = handler(JSON.parse(this.#event.body), context, once(finish));
                if (typeof returned?.then === 'function') {
                    returned.then(
                        (result) => settle(null, result, false),
                        (error) => settle(error ?? new Error(String(error)), null, false),
                    );
                }
            } catch (error) {
                settle(error ?? new Error(String(error)), null, false);
            }
        });
    }

    async #stream(handler) {
        const stream = new ResponseStream(this.#event, this.#api);
        const context = makeContext(this.#event, () => {});
        try {
            await handler(JSON.parse(this.#event.body), stream, context);
            stream.end();
            await stream.done;
        } catch (error) {
            if (!stream.hasBegun) {
                return this.#fail(error);
            }
            logFailure('Invoke Error', error);
            await stream.fail(error);
        }
    }

    async #fail(error) {
        logFailure('Invoke Error', error);
        await this.#api.invocationError(this.#event.id, describe(error));
    }
}

/** The first call counts. */
function once(action) {
    let isDone = false;
    return (...values) => {
        if (!isDone) {
            isDone = true;
            action(...values);
        }
    };
}
