// The Runtime API's client: one connection, kept alive, no time limit, for `next` waits as long as nobody calls.
import http from 'node:http';

const VERSION = '2018-06-01';

export class RuntimeAPI {
    #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    #host;
    #port;

    constructor(address) {
        const [host, port] = address.split(':');
        this.#host = host;
        this.#port = Number(port ?? 80);
    }

    /** The next event; waits for it. */
    async next() {
        const { status, headers, body } = await this.#request('GET', '/runtime/invocation/next');
        if (status !== 200) {
            throw new Error(`the Runtime API answered ${status} to next: ${body}`);
        }
        return {
            id: headers['lambda-runtime-aws-request-id'],
            invocationID: headers['lambda-runtime-invocation-id'],
            deadline: Number(headers['lambda-runtime-deadline-ms']),
            functionARN: headers['lambda-runtime-invoked-function-arn'],
            traceID: headers['lambda-runtime-trace-id'],
            clientContext: headers['lambda-runtime-client-context'],
            identity: headers['lambda-runtime-cognito-identity'],
            tenantID: headers['lambda-runtime-aws-tenant-id'],
            body,
        };
    }

    async response(event, text) {
        await this.#post(`/runtime/invocation/${encodeURIComponent(event.id)}/response`, text, {
            'Content-Type': 'application/json',
            ...echo(event),
        });
    }

    async invocationError(id, error) {
        await this.#post(`/runtime/invocation/${encodeURIComponent(id)}/error`, JSON.stringify(error), {
            'Content-Type': 'application/json',
            'Lambda-Runtime-Function-Error-Type': header(error.errorType),
        });
    }

    async initError(error) {
        await this.#post('/runtime/init/error', JSON.stringify(error), {
            'Content-Type': 'application/json',
            'Lambda-Runtime-Function-Error-Type': header(error.errorType),
        });
    }

    /** A response that is written piece by piece: gives the request, and a promise of its answer's status. */
    streamedResponse(event, contentType) {
        let request;
        const answered = new Promise((resolve, reject) => {
            request = http.request(
                {
                    ...this.#target('POST', `/runtime/invocation/${encodeURIComponent(event.id)}/response`),
                    headers: {
                        'Content-Type': contentType,
                        'Lambda-Runtime-Function-Response-Mode': 'streaming',
                        'Transfer-Encoding': 'chunked',
                        Trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
                        ...echo(event),
                    },
                },
                (response) => {
                    response.resume();
                    response.on('end', () => resolve(response.statusCode));
                },
            );
            request.on('error', reject);
        });
        return { request, answered };
    }

    async #post(path, text, headers) {
        const bytes = Buffer.from(text, 'utf8');
        const { status, body } = await this.#request('POST', path, bytes, headers);
        // A response over the limit is refused, and the caller has been told so; the runtime goes on.
        if (status !== 202 && status !== 413) {
            throw new Error(`the Runtime API answered ${status} to ${path}: ${body}`);
        }
    }

    #target(method, path) {
        return { method, agent: this.#agent, host: this.#host, port: this.#port, path: `/${VERSION}${path}` };
    }

    #request(method, path, bytes, headers = {}) {
        return new Promise((resolve, reject) => {
            const length = bytes ? { 'Content-Length': bytes.length } : {};
            const request = http.request({ ...this.#target(method, path), headers: { ...headers, ...length } });
            request.on('error', reject);
            request.on('response', (response) => {
                const chunks = [];
                response.on('data', (chunk) => chunks.push(chunk));
                response.on('error', reject);
                response.on('end', () => {
                    const body = Buffer.concat(chunks).toString('utf8');
                    resolve({ status: response.statusCode, headers: response.headers, body });
                });
            });
            request.end(bytes);
        });
    }
}

/** The id of this attempt, so that an answer that comes late is not taken for another's. */
function echo(event) {
    return event.invocationID ? { 'Lambda-Runtime-Invocation-Id': event.invocationID } : {};
}

/** What may stand in a header: an error's name is the function's own text. */
function header(text) {
    return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 1024);
}
