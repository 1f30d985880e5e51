// The console: each call becomes one log record, as text or as JSON, with the id of the invocation that runs.
import fs from 'node:fs';
import util from 'node:util';
import { describe } from './errors.mjs';

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const isJSON = process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON';
const threshold = Math.max(0, isJSON ? LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL ?? 'TRACE') : 0);
let requestID;
let tenantID;

// A record's frame on the descriptor that the platform gives: a type, the length, and the time in microseconds.
const FRAME_TYPE = 0xa55a0000 | (isJSON ? 2 : 3);
const FRAME_HEADER = 16;
const FRAME_LEVELS = { TRACE: 0x4, DEBUG: 0x8, INFO: 0xc, WARN: 0x10, ERROR: 0x14, FATAL: 0x18 };
const descriptor = Number.parseInt(process.env._LAMBDA_TELEMETRY_LOG_FD ?? '', 10);
// It is the runtime's own; programs that the function starts must not write to it.
delete process.env._LAMBDA_TELEMETRY_LOG_FD;

export function setInvocation(id, tenant) {
    requestID = id;
    tenantID = tenant;
}

export function installConsole() {
    const methods = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR' };
    for (const [method, level] of Object.entries(methods)) {
        console[method] = (...values) => record(level, values);
    }
    console.fatal = (...values) => record('FATAL', values);
}

/** An error that ended an invocation or the process. */
export function logFailure(label, error) {
    if (isJSON) {
        write('ERROR', JSON.stringify({ ...head('ERROR'), message: describe(error) }));
    } else {
        write('ERROR', `${prefix('ERROR')}${label} \t${JSON.stringify(withStack(error))}`);
    }
}

function withStack(error) {
    const { errorType, errorMessage, trace } = describe(error);
    const extra = error !== null && typeof error === 'object' ? { ...error } : {};
    return { errorType, errorMessage, ...extra, stack: trace };
}

function record(level, values) {
    if (LEVELS.indexOf(level) < threshold) {
        return;
    }
    if (!isJSON) {
        return write(level, prefix(level) + util.format(...values));
    }
    write(level, jsonRecord(level, values));
}

function jsonRecord(level, values) {
    const line = head(level);
    if (values.length === 1 && typeof values[0] === 'object' && values[0] !== null && !(values[0] instanceof Error)) {
        try {
            return JSON.stringify({ ...line, message: values[0] }, serializable);
        } catch {
            // Not every object can be JSON; its text can.
        }
    }
    line.message = util.format(...values);
    const error = values.find((value) => value instanceof Error);
    if (error) {
        const { errorType, errorMessage, trace } = describe(error);
        Object.assign(line, { errorType, errorMessage, stackTrace: trace });
    }
    return JSON.stringify(line);
}

function serializable(key, value) {
    if (typeof value === 'bigint') {
        return value.toString();
    }
    return value instanceof Error ? describe(value) : value;
}

function head(level) {
    const line = { timestamp: new Date().toISOString(), level, requestId: requestID };
    if (tenantID !== undefined) {
        line.tenantId = tenantID;
    }
    return line;
}

function prefix(level) {
    return `${new Date().toISOString()}\t${requestID}\t${level}\t`;
}

function write(level, text) {
    if (Number.isNaN(descriptor)) {
        // One record is one line; a line break inside it would make two.
        writeWhole(1, Buffer.from(`${text.replace(/\n/g, '\r')}\n`, 'utf8'));
        return;
    }
    const body = Buffer.from(`${text}\n`, 'utf8');
    const frame = Buffer.alloc(FRAME_HEADER + body.length);
    frame.writeUInt32BE((FRAME_TYPE | (FRAME_LEVELS[level] ?? 0)) >>> 0, 0);
    frame.writeUInt32BE(body.length, 4);
    frame.writeBigInt64BE(BigInt(Date.now()) * 1000n, 8);
    body.copy(frame, FRAME_HEADER);
    writeWhole(descriptor, frame);
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Writes all of it, in order with what the function prints by itself. `process.stdout` makes the pipe non-blocking, so that
 * a full one says EAGAIN; then the function waits, for its lines must not be lost. */
function writeWhole(target, bytes) {
    for (let written = 0; written < bytes.length; ) {
        try {
            written += fs.writeSync(target, bytes, written);
        } catch (error) {
            if (error.code !== 'EAGAIN') {
                return;
            }
            Atomics.wait(pause, 0, 0, 1);
        }
    }
}
