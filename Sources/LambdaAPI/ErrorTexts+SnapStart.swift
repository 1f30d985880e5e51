/// Texts of SnapStart.
///
/// Source: Lambda API reference, errors of `Invoke`; and Lambda developer guide, "Troubleshooting SnapStart errors".
extension APIError {
    static let snapStartFailed = APIError(
        .snapStart,
        "The afterRestore() runtime hook encountered an error. For more information, check the Amazon CloudWatch logs.")

    static let snapStartTimeout = APIError(
        .snapStartTimeout, "Lambda couldn't restore the snapshot within the timeout limit.")

    static let snapStartNotReady = APIError(
        .snapStartNotReady,
        "Lambda is initializing your function. It will be ready to invoke once your function state becomes ACTIVE.")
}
