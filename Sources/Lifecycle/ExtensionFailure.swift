package import LambdaCore

/// What an extension is known by inside its environment; a UUID, as a request's id is.
package typealias ExtensionID = RequestID

/// How an extension made an init or an invocation fail.
package struct ExtensionFailure: Error, Equatable, Sendable {
    /// `Extension.Crash`, `Extension.InitError`, `Extension.ExitError` or `Extension.LaunchError`.
    package let type: String
    /// What stands behind `Error: ` in the caller's answer.
    package let words: String

    package init(type: String, words: String) {
        self.type = type
        self.words = words
    }
}

/// A call to the Extensions API that is not allowed; always 403, with AWS's texts.
package enum ExtensionRefusal: Error, Equatable, Sendable {
    case emptyName
    case invalidEvent(String)
    case shutdownForInternal
    case registrationClosed
    case nameTaken
    case tooMany
    case invalidTransition(from: String, to: String, who: String)
    case unknown(ExtensionID)
    /// An error was reported under an id that nobody has.
    case unknownReporter

    package var errorType: String {
        switch self {
        case .emptyName: "Extension.InvalidExtensionName"
        case .invalidEvent, .shutdownForInternal: "Extension.InvalidEventType"
        case .registrationClosed: "Extension.RegistrationClosed"
        case .nameTaken, .invalidTransition: "Extension.InvalidExtensionState"
        case .tooMany: "Extension.TooManyExtensions"
        case .unknown, .unknownReporter: "Extension.UnknownExtensionIdentifier"
        }
    }

    package var message: String {
        switch self {
        case .emptyName: "Empty extension name"
        case .invalidEvent(let event): "\(event): ErrorInvalidEventType"
        case .shutdownForInternal: "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension"
        case .registrationClosed: "Extension registration closed already"
        case .nameTaken: "Extension with this name already registered"
        case .tooMany: "Extension limit (\(Limits.extensions)) reached"
        case .invalidTransition(let from, let to, let who):
            "State transition from \(from) to \(to) failed for extension \(who). "
                + "Error: State transition is not allowed"
        case .unknown(let id): "Unknown extension \(id)"
        case .unknownReporter: "Unknown Lambda-Extension-Identifier"
        }
    }
}
