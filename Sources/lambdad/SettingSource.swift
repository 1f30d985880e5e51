internal import LambdaCore

/// Where the text of a setting is from: `LAMBDAD_KEY` in the environment, then another system's name for it there, then
/// the file.
struct SettingSource {
    private let document: INIDocument
    private let section: String
    private let environment: [String: String]

    init(document: INIDocument, section: String, environment: [String: String]) {
        self.document = document
        self.section = section
        self.environment = environment
    }

    func text(of key: String) throws(Configuration.ConfigurationError) -> String? {
        if let text = self.environment[Setting.variable(of: key)] { return text }
        if let alias = self.alias(of: key), let text = self.environment[alias.variable] {
            guard let converted = alias.conversion.text(from: text) else {
                throw Configuration.ConfigurationError(
                    description: "\(alias.variable) = \(text): expected \(alias.conversion.wanted)")
            }
            return converted
        }
        return self.document.value(key, in: self.section)
    }

    /// What the setting is called where its text is from.
    func name(of key: String) -> String {
        if self.environment[Setting.variable(of: key)] != nil { return Setting.variable(of: key) }
        return self.alias(of: key)?.variable ?? key
    }

    /// The first that is set. One that is set to nothing is not, as where it comes from.
    private func alias(of key: String) -> SettingAlias? {
        SettingAlias.all.first { $0.key == key && self.environment[$0.variable]?.isEmpty == false }
    }
}
