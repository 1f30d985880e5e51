import LambdaCore

/// Where a page of events goes on, as the opaque texts of the API.
enum LogsToken {
    /// A place that GetLogEvents can go on from, in either direction.
    enum Place: Equatable {
        /// Nothing has been read: all there is, and may come, lies ahead; nothing lies behind.
        case outset
        case at(LogPosition)
    }

    private static let outsetText = "0"

    /// `f/…` leads to later events, `b/…` to earlier ones, as AWS's do.
    static func events(_ order: LogQuery.Order, _ place: Place) -> String {
        let direction =
            switch order {
            case .forward: "f/"
            case .backward: "b/"
            }
        switch place {
        case .outset: return direction + self.outsetText
        case .at(let position): return direction + self.key(position.text)
        }
    }

    static func events(parsing text: String) throws(LogsError) -> (LogQuery.Order, Place) {
        let order: LogQuery.Order
        switch text.prefix(2) {
        case "f/": order = .forward
        case "b/": order = .backward
        default: throw .badToken
        }
        let rest = String(text.dropFirst(2))
        return (order, rest == self.outsetText ? .outset : .at(LogPosition(try self.key(parsing: rest))))
    }

    /// A key of a list or a position, opaque, and of use where what it names is gone.
    static func key(_ text: String) -> String { Base64.encode(Array(text.utf8)) }

    static func key(parsing token: String) throws(LogsError) -> String {
        guard let bytes = Base64.decode(token), !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self)
        else { throw .badToken }
        return text
    }
}
