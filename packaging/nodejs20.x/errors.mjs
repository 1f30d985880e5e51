// Errors as the Runtime API takes them.

class RuntimeError extends Error {
    constructor(name, message) {
        super(message);
        this.name = name;
    }
}

export class HandlerNotFound extends RuntimeError {
    constructor(message) {
        super('Runtime.HandlerNotFound', message);
    }
}

export class MalformedHandlerName extends RuntimeError {
    constructor(message) {
        super('Runtime.MalformedHandlerName', message);
    }
}

export class ImportModuleError extends RuntimeError {
    constructor(cause) {
        super('Runtime.ImportModuleError', `${cause}`);
        this.stack = cause?.stack ?? this.stack;
    }
}

export class UserCodeSyntaxError extends RuntimeError {
    constructor(cause) {
        super('Runtime.UserCodeSyntaxError', `${cause}`);
        // The first lines of a syntax error's stack show where it is, which is what its reader needs.
        this.stack = cause?.stack ?? this.stack;
    }
}

export class UnhandledPromiseRejection extends RuntimeError {
    constructor(reason) {
        super('Runtime.UnhandledPromiseRejection', `${reason}`);
        this.reason = reason;
    }
}

/** The body of an error: `errorType`, `errorMessage` and the stack's lines as `trace`. Takes whatever was thrown. */
export function describe(error) {
    if (error !== null && typeof error === 'object' && 'message' in error) {
        return {
            errorType: String(error.name ?? 'Error'),
            errorMessage: String(error.message),
            trace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
        };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
}
