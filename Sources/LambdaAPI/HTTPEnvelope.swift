import LambdaCore

/// Status, headers and cookies as a function names them, in its answer or in a streamed answer's prelude.
struct HTTPEnvelope: Sendable, Equatable {
    /// Why an answer cannot be sent. The caller sees a 502, whatever it was.
    struct Broken: Error {}

    /// What a response can have as its last word; the others announce something that never comes.
    private static let statuses = 200...599

    let status: UInt
    /// As the function named them, in its order.
    let headers: [APIResponse.Header]
    let cookies: [String]

    /// - Throws: ``Broken`` where a member has a value that HTTP cannot carry.
    init(_ object: JSONObject) throws(Broken) {
        self.status = try HTTPEnvelope.status(object["statusCode"])
        self.headers = try HTTPEnvelope.headers(object["headers"])
        self.cookies = try HTTPEnvelope.cookies(object["cookies"])
    }

    init(status: UInt, headers: [APIResponse.Header] = [], cookies: [String] = []) {
        self.status = status
        self.headers = headers
        self.cookies = cookies
    }

    func has(_ name: String) -> Bool { self.headers.contains { $0.name.lowercased() == name } }

    /// AWS takes a number and a string alike.
    private static func status(_ value: JSONValue?) throws(Broken) -> UInt {
        let number: Int?
        switch value {
        case nil, .null?: number = 200
        case .string(let text)?: number = Int(text)
        case .number?: number = value?.intValue
        case .bool?, .array?, .object?: number = nil
        }
        guard let number, self.statuses.contains(number) else { throw Broken() }
        return UInt(number)
    }

    private static func headers(_ value: JSONValue?) throws(Broken) -> [APIResponse.Header] {
        let members: JSONObject
        switch value {
        case nil, .null?: return []
        case .object(let object)?: members = object
        case .bool?, .number?, .string?, .array?: throw Broken()
        }
        var headers: [APIResponse.Header] = []
        for member in members {
            guard self.isToken(member.key) else { throw Broken() }
            switch member.value {
            case .string(let text): headers.append(.init(name: member.key, value: try self.checked(text)))
            case .number(let literal): headers.append(.init(name: member.key, value: literal))
            case .bool(let flag): headers.append(.init(name: member.key, value: flag ? "true" : "false"))
            case .null, .array, .object: throw Broken()
            }
        }
        return headers
    }

    private static func cookies(_ value: JSONValue?) throws(Broken) -> [String] {
        switch value {
        case nil, .null?: return []
        case .array(let elements)?:
            var cookies: [String] = []
            for element in elements {
                guard let text = element.stringValue else { throw Broken() }
                cookies.append(try self.checked(text))
            }
            return cookies
        case .bool?, .number?, .string?, .object?: throw Broken()
        }
    }

    /// A line break in a value would let a function, or whoever gave it that text, write a second response.
    private static func checked(_ value: String) throws(Broken) -> String {
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { throw Broken() }
        return value
    }

    /// RFC 9110, 5.6.2.
    private static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                case 0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
                default: false
                }
            }
    }
}
