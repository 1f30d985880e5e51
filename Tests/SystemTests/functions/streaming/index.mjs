// Streaming functions, in the forms in which they are written.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';

const { streamifyResponse, HttpResponseStream } = awslambda;

/** Writes the pieces of the event, with a pause between them. */
export const pieces = streamifyResponse(async (event, stream) => {
    stream.setContentType(event.type ?? 'text/plain');
    for (const piece of event.pieces ?? []) {
        stream.write(piece);
        await wait(event.pause ?? 0);
    }
    if (event.error) {
        throw new RangeError(event.error);
    }
    stream.end();
});

/** A page with status, headers and cookies. */
export const page = streamifyResponse(async (event, stream) => {
    const out = HttpResponseStream.from(stream, {
        statusCode: 203,
        headers: { 'Content-Type': 'text/html; charset=utf-8', 'X-Path': event.rawPath },
        cookies: ['a=1', 'b=2; Path=/'],
    });
    out.write('<h1>grüße</h1>');
    await wait(10);
    out.write(Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1]));
    out.end();
});

/** As many bytes as the event asks for; says how far it has come. */
export const large = streamifyResponse(async (event, stream) => {
    const piece = Buffer.alloc(65536, 'x');
    async function* source() {
        for (let sent = 0; sent < event.bytes; sent += piece.length) {
            yield piece;
            if (sent % 8388608 === 0) {
                console.log(`at ${sent}`);
            }
        }
        console.log('wrote everything');
    }
    await pipeline(Readable.from(source()), stream);
});

/** Fails before its first byte. */
export const early = streamifyResponse(async () => {
    throw new TypeError('before the first byte');
});

/** Fails behind its first bytes. */
export const late = streamifyResponse(async (event, stream) => {
    stream.write('half');
    await wait(100);
    throw new TypeError('behind the first bytes');
});

export const buffered = async (event) => ({ statusCode: 418, body: event });
