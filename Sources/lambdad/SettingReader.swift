internal import ServicesEndpoint

/// One setting after the other, with an error that names the setting, what was found and what is allowed.
///
/// A key is there because it is read: a new one needs a line here or in a `…Settings.swift`, and its comment in
/// `packaging/config/lambdad.conf`; a test compares the two.
struct SettingReader {
    typealias ConfigurationError = Configuration.ConfigurationError
    typealias Effect = Setting.Effect

    let book = SettingBook()
    private let source: SettingSource

    init(_ source: SettingSource) { self.source = source }

    /// The text of a key, noted as what `kind` and `standard` say.
    private func value(
        _ key: String, _ kind: Setting.Kind, standard: String, _ effect: Effect
    ) throws(ConfigurationError) -> String? {
        let given = try self.source.text(of: key)
        self.book.note(Setting(key: key, kind: kind, standard: standard, effect: effect), given: given)
        return given
    }

    func text(_ key: String, or standard: String = "", _ effect: Effect = .restart) throws(ConfigurationError) -> String
    {
        try self.value(key, .text, standard: standard, effect) ?? standard
    }

    func words(
        _ key: String, or standard: [String], _ effect: Effect = .restart
    ) throws(ConfigurationError) -> [String] {
        let text = try self.value(key, .text, standard: standard.joined(separator: " "), effect) ?? ""
        let words = text.split { $0 == " " || $0 == "," || $0 == "\t" }.map(String.init)
        return words.isEmpty ? standard : words
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, or standard: Choice, _ effect: Effect = .restart
    ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
        let words = Choice.allCases.map(\.rawValue)
        guard let text = try self.value(key, .choice(words), standard: standard.rawValue, effect) else {
            return standard
        }
        guard let choice = Choice(rawValue: text) else {
            throw self.error(key, text, "one of \(words.joined(separator: ", "))")
        }
        return choice
    }

    func path(_ key: String, or standard: String, _ effect: Effect = .restart) throws(ConfigurationError) -> String {
        let path = try self.value(key, .path, standard: standard, effect) ?? standard
        guard path.hasPrefix("/") else { throw self.error(key, path, "an absolute path") }
        return path
    }

    /// Absolute paths; none where the setting is not there.
    func paths(_ key: String, _ effect: Effect = .restart) throws(ConfigurationError) -> [String] {
        let text = try self.value(key, .path, standard: "", effect) ?? ""
        let paths = text.split { $0 == " " || $0 == "," || $0 == "\t" }.map(String.init)
        for path in paths where !path.hasPrefix("/") { throw self.error(key, path, "absolute paths") }
        return paths
    }

    func parsed<Value: CustomStringConvertible>(
        _ key: String, or standard: Value, _ effect: Effect = .restart, _ parse: (String) -> Value?
    ) throws(ConfigurationError) -> Value {
        guard let text = try self.value(key, .text, standard: "\(standard)", effect) else { return standard }
        guard let value = parse(text) else { throw self.error(key, text, "a valid \(key)") }
        return value
    }

    func number(
        _ key: String, or standard: Int, range: ClosedRange<Int>, _ effect: Effect = .restart
    ) throws(ConfigurationError) -> Int {
        guard let text = try self.value(key, .number(range), standard: "\(standard)", effect) else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw self.error(key, text, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A number, or `nil` where the word is given.
    func number(
        _ key: String, or standard: Int?, range: ClosedRange<Int>, word: String, _ effect: Effect = .restart
    ) throws(ConfigurationError) -> Int? {
        let kind = Setting.Kind.numberOrWord(range, word)
        guard let text = try self.value(key, kind, standard: standard.map { "\($0)" } ?? word, effect) else {
            return standard
        }
        if text == word { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw self.error(key, text, "\(word) or a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func seconds(
        _ key: String, or standard: Int, range: ClosedRange<Int>, _ effect: Effect = .restart
    ) throws(ConfigurationError) -> Duration {
        .seconds(try self.number(key, or: standard, range: range, effect))
    }

    func flag(_ key: String, or standard: Bool, _ effect: Effect = .restart) throws(ConfigurationError) -> Bool {
        switch try self.value(key, .flag, standard: standard ? "yes" : "no", effect) {
        case nil: return standard
        case "yes": return true
        case "no": return false
        case let text?: throw self.error(key, text, "yes or no")
        }
    }

    /// A host name in lower case; `nil` where none is set.
    func domain(_ key: String) throws(ConfigurationError) -> String? {
        let text = try self.text(key)
        guard !text.isEmpty else { return nil }
        let labels = text.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count)
                && label.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2D }
        }
        guard isName else { throw self.error(key, text, "a host name without a port") }
        return text.lowercased()
    }

    func servicesEndpoint() throws(ConfigurationError) -> ServicesEndpointAddress? {
        let text = try self.text("services_endpoint")
        guard !text.isEmpty else { return nil }
        do { return try ServicesEndpointAddress(parsing: text) } catch {
            throw ConfigurationError(description: "services_endpoint = \(text): \(error)")
        }
    }

    private func error(_ key: String, _ text: String, _ wanted: String) -> ConfigurationError {
        ConfigurationError(description: "\(self.source.name(of: key)) = \(text): expected \(wanted)")
    }
}
