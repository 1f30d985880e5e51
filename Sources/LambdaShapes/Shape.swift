/// What a value of the API must look like. The instances are generated from AWS's service model.
package indirect enum Shape: Sendable {
    case structure(StructureRule)
    case list(ListRule)
    case map(MapRule)
    case string(StringRule)
    /// 32 bits.
    case integer(IntegerRule)
    /// 64 bits.
    case long(IntegerRule)
    case double(DoubleRule)
    case boolean
    /// Seconds since 1970 as a JSON number, or ISO 8601 text.
    case timestamp
    /// Base64 text in JSON.
    case blob(BlobRule)
}

package struct StructureRule: Sendable {
    package let name: String
    /// In the model's order, which is the order of AWS's complaints.
    package let members: [Member]
}

/// A member of a structure, and where in a request it is found.
package struct Member: Sendable {
    package enum Location: Sendable, Equatable {
        case body
        /// The whole body is this member: raw bytes, or the JSON text of a structure.
        case payload
        /// A label of the path's template.
        case path(String)
        /// A parameter of the query; a list is the parameter repeated.
        case query(String)
        case header(String)
    }

    package let name: String
    package let shape: Shape
    package let location: Location
    package let isRequired: Bool

    init(_ name: String, _ shape: Shape, in location: Location = .body, isRequired: Bool = false) {
        self.name = name
        self.shape = shape
        self.location = location
        self.isRequired = isRequired
    }
}

package struct StringRule: Sendable {
    /// Characters.
    package var minimum: Int?
    /// Characters.
    package var maximum: Int?
    /// A regular expression that the whole text must match.
    package var pattern: String?
    /// Empty where any value will do.
    package var values: [String] = []
    /// What AWS's messages name of ``values``, where that is less, or in an order of its own; empty where it is all.
    package var listed: [String] = []
    /// Must not be repeated in a message.
    package var isSensitive = false
}

package struct IntegerRule: Sendable {
    package var minimum: Int?
    package var maximum: Int?
}

package struct DoubleRule: Sendable {
    package var minimum: Double?
    package var maximum: Double?
}

package struct BlobRule: Sendable {
    /// Bytes, decoded.
    package var minimum: Int?
    /// Bytes, decoded.
    package var maximum: Int?
}

package struct ListRule: Sendable {
    package let element: Shape
    package let minimum: Int?
    package let maximum: Int?
    /// Whether a message about an element names the rule against null, too, where the element's shape has none.
    package let mentionsNull: Bool

    init(of element: Shape, minimum: Int? = nil, maximum: Int? = nil, mentionsNull: Bool = false) {
        self.element = element
        self.minimum = minimum
        self.maximum = maximum
        self.mentionsNull = mentionsNull
    }
}

package struct MapRule: Sendable {
    package let key: Shape
    package let value: Shape
    package let minimum: Int?
    package let maximum: Int?
    package let isSensitive: Bool

    init(from key: Shape, to value: Shape, minimum: Int? = nil, maximum: Int? = nil, isSensitive: Bool = false) {
        self.key = key
        self.value = value
        self.minimum = minimum
        self.maximum = maximum
        self.isSensitive = isSensitive
    }
}
