/// A file of `[section]` headers and `key = value` lines: the configuration, the credentials file, runtime manifests and
/// the executor's policy are all read by this.
///
/// `#` and `;` begin a comment at the start of a line only, so that a value may hold either. A key may come before any
/// section; its section is then `""`. A repeated key keeps the last value; a repeated section continues the first.
package struct INIDocument: Sendable, Equatable {
    package struct ParseError: Error, Equatable, CustomStringConvertible {
        /// From 1.
        package let line: Int
        package let reason: String

        package var description: String { "line \(self.line): \(self.reason)" }
    }

    package struct Entry: Sendable, Equatable {
        package let key: String
        package let value: String
        package let line: Int
    }

    /// Sections in the order of the file.
    package private(set) var sectionNames: [String] = []
    private var sections: [String: [Entry]] = [:]

    package init(parsing text: String) throws(ParseError) {
        var section = ""
        // To Swift, a carriage return and a line feed are one character.
        let isLineEnd: (Character) -> Bool = { $0 == "\n" || $0 == "\r\n" }
        for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: isLineEnd).enumerated() {
            let line = raw.trimmingBlanks()
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("[") {
                guard line.hasSuffix("]") else {
                    throw ParseError(line: index + 1, reason: "a section header must end with ']'")
                }
                section = String(line.dropFirst().dropLast().trimmingBlanks())
                if !self.sectionNames.contains(section) { self.sectionNames.append(section) }
                continue
            }
            guard let equals = line.firstIndex(of: "=") else {
                throw ParseError(line: index + 1, reason: "expected 'key = value' or '[section]', found '\(line)'")
            }
            let key = String(line[..<equals].trimmingBlanks())
            guard !key.isEmpty else { throw ParseError(line: index + 1, reason: "there is no key before '='") }
            let value = String(line[line.index(after: equals)...].trimmingBlanks())
            if section.isEmpty, !self.sectionNames.contains("") { self.sectionNames.append("") }
            self.sections[section, default: []].append(Entry(key: key, value: value, line: index + 1))
        }
    }

    package func entries(in section: String) -> [Entry] { self.sections[section] ?? [] }

    package func value(_ key: String, in section: String) -> String? {
        self.sections[section]?.last { $0.key == key }?.value
    }
}

extension StringProtocol {
    /// Without blanks, tabs and carriage returns at either end.
    package func trimmingBlanks() -> Substring {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n" }
        var rest = Substring(self)
        while let first = rest.first, blank(first) { rest.removeFirst() }
        while let last = rest.last, blank(last) { rest.removeLast() }
        return rest
    }
}
