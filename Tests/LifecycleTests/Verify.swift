import Testing

/// `#expect` without its price, for checks that are made a million times: it costs something only when it fails.
func verify(
    _ condition: Bool, _ comment: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation
) {
    guard !condition else { return }
    Issue.record(Comment(rawValue: comment()), sourceLocation: sourceLocation)
}
