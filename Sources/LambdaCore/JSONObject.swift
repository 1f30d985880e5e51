/// The members of a JSON object in the order of their first appearance; of a repeated name the last value counts.
package struct JSONObject: Sendable {
    private var names: [String] = []
    private var values: [JSONValue] = []
    /// Where a name is in the two arrays: an object with very many members must not cost the square of them.
    private var places: [String: Int] = [:]

    package init() {}

    package var isEmpty: Bool { self.names.isEmpty }

    /// Setting `nil` removes the member.
    package subscript(name: String) -> JSONValue? {
        get { self.places[name].map { self.values[$0] } }
        set {
            switch (self.places[name], newValue) {
            case (let place?, let value?):
                self.values[place] = value
            case (nil, let value?):
                self.places[name] = self.names.count
                self.names.append(name)
                self.values.append(value)
            case (let place?, nil):
                self.remove(at: place)
            case (nil, nil):
                break
            }
        }
    }

    private mutating func remove(at place: Int) {
        self.places[self.names[place]] = nil
        self.names.remove(at: place)
        self.values.remove(at: place)
        for later in place..<self.names.count { self.places[self.names[later]] = later }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral members: (String, JSONValue)...) {
        for (name, value) in members { self[name] = value }
    }
}

extension JSONObject: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { self.names.count }

    package subscript(position: Int) -> (key: String, value: JSONValue) {
        (self.names[position], self.values[position])
    }
}

extension JSONObject: Equatable {
    /// The order of members has no meaning in JSON.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }
}
