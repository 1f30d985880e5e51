/// Why a request's members were refused, with AWS's text.
package enum InputError: Error, Equatable {
    /// A JSON value has the wrong type: `SerializationException`.
    case serialization(String)
    /// A constraint of the model is not met: `ValidationException`.
    case validation(String)
}
