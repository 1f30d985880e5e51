/// What the writer and the reader of function logs agree on.
enum JournalLogField {
    /// The `MESSAGE_ID` of an environment's first line. Rarely, a later line has it, too.
    static let streamBegins = "a9ecee83445f45939ec798ae598dab70"
}
