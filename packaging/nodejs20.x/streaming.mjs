// Streamed responses: `awslambda.streamifyResponse` and `awslambda.HttpResponseStream`.
import { Writable } from 'node:stream';
import { describe } from './errors.mjs';

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HTTP_INTEGRATION = 'application/vnd.awslambda.http-integration-response';
/** Between a prelude and the body that follows it. */
const DELIMITER = Buffer.alloc(8);

export function isStreaming(handler) {
    return handler[STREAMING] === 'response';
}

/** What a streaming handler writes to. The request to the Runtime API begins with the first byte, for until then an error
 * can still be answered as one. */
export class ResponseStream extends Writable {
    #event;
    #api;
    #contentType = 'application/octet-stream';
    #prelude = null;
    #sending = null;
    #resolve;
    #reject;

    constructor(event, api) {
        super({ highWaterMark: 64 * 1024 });
        this.#event = event;
        this.#api = api;
        /** Once the whole response has been taken. */
        this.done = new Promise((resolve, reject) => {
            this.#resolve = resolve;
            this.#reject = reject;
        });
        this.done.catch(() => {});
        this.on('error', (error) => this.#reject(error));
    }

    get hasBegun() {
        return this.#sending !== null;
    }

    setContentType(type) {
        this.#contentType = type;
    }

    /** The status, headers and cookies that go before the body. */
    setPrelude(prelude) {
        this.#contentType = HTTP_INTEGRATION;
        this.#prelude = Buffer.from(JSON.stringify(prelude), 'utf8');
    }

    /** Tells of an error in the middle, in the trailers. */
    async fail(error) {
        const { request, answered } = this.#begin();
        const body = describe(error);
        request.addTrailers({
            'Lambda-Runtime-Function-Error-Type': body.errorType.replace(/[^\x20-\x7e]/g, '?'),
            'Lambda-Runtime-Function-Error-Body': Buffer.from(JSON.stringify(body), 'utf8').toString('base64'),
        });
        request.end();
        await answered;
    }

    _write(chunk, encoding, callback) {
        // Waits until the Runtime API has taken it: a slow caller slows the function.
        this.#begin().request.write(chunk, encoding, callback);
    }

    _final(callback) {
        const { request, answered } = this.#begin();
        request.end();
        answered.then(
            () => {
                this.#resolve();
                callback();
            },
            (error) => callback(error),
        );
    }

    #begin() {
        if (!this.#sending) {
            this.#sending = this.#api.streamedResponse(this.#event, this.#contentType);
            this.#sending.answered.catch((error) => this.destroy(error));
            if (this.#prelude) {
                this.#sending.request.write(Buffer.concat([this.#prelude, DELIMITER]));
            }
        }
        return this.#sending;
    }
}

/** The names that streaming functions use without importing them. */
export function installGlobals() {
    globalThis.awslambda = {
        ...globalThis.awslambda,
        streamifyResponse(handler) {
            handler[STREAMING] = 'response';
            return handler;
        },
        HttpResponseStream: {
            from(stream, prelude) {
                stream.setPrelude(prelude);
                return stream;
            },
        },
    };
}
