// Finds and loads the function: `path/to/module.export`, `module.object.method`.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { HandlerNotFound, ImportModuleError, MalformedHandlerName, UserCodeSyntaxError } from './errors.mjs';

const EXTENSIONS = ['', '.js', '.mjs', '.cjs'];

/** The function behind a handler string. Throws what the Runtime API is told of a failed start. */
export async function loadHandler(root, text) {
    const { directory, module, names } = parse(text);
    const exported = await load(root, path.join(directory, module));
    let receiver;
    let value = exported;
    for (const name of names) {
        receiver = value;
        value = value?.[name];
    }
    // A CommonJS module that was imported keeps its exports below `default`.
    if (value === undefined && exported?.default !== undefined) {
        receiver = undefined;
        value = exported.default;
        for (const name of names) {
            receiver = value;
            value = value?.[name];
        }
    }
    if (value === undefined) {
        throw new HandlerNotFound(`${text} is undefined or not exported`);
    }
    if (typeof value !== 'function') {
        throw new HandlerNotFound(`${text} is not a function`);
    }
    if (names.length < 2) {
        return value;
    }
    const bound = value.bind(receiver);
    return Object.assign(bound, value);
}

function parse(text) {
    if (typeof text !== 'string' || text.includes('..')) {
        throw new MalformedHandlerName(`'${text}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
    }
    const file = path.basename(text);
    const directory = text.slice(0, text.length - file.length);
    const [module, ...names] = file.split('.');
    if (module === '' || names.length === 0 || names.includes('')) {
        throw new MalformedHandlerName('Bad handler');
    }
    return { directory, module, names };
}

async function load(root, relative) {
    try {
        const file = EXTENSIONS.map((extension) => path.resolve(root, relative + extension)).find(isFile);
        const require = createRequire(path.join(root, 'package.json'));
        if (!file) {
            // Not a file of the function's own: a package below node_modules or in a layer.
            return require(relative);
        }
        if (isModule(file)) {
            return await import(pathToFileURL(file).href);
        }
        try {
            return require(file);
        } catch (error) {
            if (error?.code !== 'ERR_REQUIRE_ESM') {
                throw error;
            }
            return await import(pathToFileURL(file).href);
        }
    } catch (error) {
        if (error instanceof SyntaxError) {
            throw new UserCodeSyntaxError(error);
        }
        if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND') {
            throw new ImportModuleError(error);
        }
        throw error;
    }
}

function isFile(file) {
    return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Whether a file is an ES module: by its name, or by the nearest package.json. */
function isModule(file) {
    if (file.endsWith('.mjs')) {
        return true;
    }
    if (file.endsWith('.cjs')) {
        return false;
    }
    for (let directory = path.dirname(file); ; directory = path.dirname(directory)) {
        const description = path.join(directory, 'package.json');
        if (isFile(description)) {
            return JSON.parse(fs.readFileSync(description, 'utf8')).type === 'module';
        }
        if (directory === path.dirname(directory)) {
            return false;
        }
    }
}
