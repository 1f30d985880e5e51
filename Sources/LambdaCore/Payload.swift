/// The bytes of an event or of an answer, in the form in which they came.
///
/// Modules that serve sockets have buffers of their own. A large payload is passed on in those, so that what came on one
/// socket leaves on another without a copy; everybody else asks for ``bytes``.
package struct Payload: Sendable {
    private enum Form {
        case array([UInt8])
        case carried(any PayloadCarrier)
    }

    private let form: Form

    package init(_ bytes: [UInt8]) { self.form = .array(bytes) }

    package init(carrying carrier: any PayloadCarrier) { self.form = .carried(carrier) }

    package var count: Int {
        switch self.form {
        case .array(let bytes): bytes.count
        case .carried(let carrier): carrier.count
        }
    }

    /// A copy, where the bytes are not an array already.
    package var bytes: [UInt8] {
        switch self.form {
        case .array(let bytes): bytes
        case .carried(let carrier): carrier.bytes
        }
    }

    /// Whoever has made it knows its type.
    package var carrier: (any PayloadCarrier)? {
        switch self.form {
        case .array: nil
        case .carried(let carrier): carrier
        }
    }
}

/// Bytes in a form that only some modules know. An object, so that passing a small payload on costs nothing for it.
package protocol PayloadCarrier: AnyObject, Sendable {
    var count: Int { get }
    /// A copy of all of them.
    var bytes: [UInt8] { get }
}

extension Payload: Equatable {
    package static func == (left: Payload, right: Payload) -> Bool {
        left.count == right.count && left.bytes == right.bytes
    }
}

/// Payloads have no textual form.
extension Payload: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "Payload(\(self.count) bytes)" }
    package var debugDescription: String { self.description }
}
