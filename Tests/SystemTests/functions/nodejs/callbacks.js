// Handlers of a CommonJS module, in the older forms.
exports.callback = (event, context, callback) => callback(null, { called: event });

exports.error = (event, context, callback) => callback(new Error('by callback'));

exports.waits = (event, context, callback) => {
    setTimeout(() => console.log('the loop is empty now'), 20);
    callback(null, 'answered early');
};

exports.hurries = (event, context, callback) => {
    context.callbackWaitsForEmptyEventLoop = false;
    setTimeout(() => {}, 60_000);
    callback(null, 'at once');
};

exports.nothing = () => {};

exports.succeed = (event, context) => context.succeed('by the context');

exports.rejection = () => {
    Promise.reject(new Error('nobody listens'));
};

exports.later = () => {
    setTimeout(() => {
        throw new RangeError('too late to be caught');
    }, 1);
};
