/// What is known of one key of lambdad.conf. Whoever reads a key says so, and the list of these is made by reading.
struct Setting: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case number(ClosedRange<Int>)
        /// The same, or this word.
        case numberOrWord(ClosedRange<Int>, String)
        /// `yes` or `no`.
        case flag
        case choice([String])
        case path
        case text
    }

    /// When a change is in force.
    enum Effect: Sendable { case restart, reload }

    let key: String
    let kind: Kind
    /// The default as it would be written; empty where there is none.
    let standard: String
    let effect: Effect

    /// The environment variable that wins over the file.
    var variable: String { Setting.variable(of: self.key) }

    static func variable(of key: String) -> String { "LAMBDAD_\(key.uppercased())" }
}

/// The keys that were read, and the texts in force. Used while one configuration is read, on one task.
final class SettingBook {
    private(set) var settings: [Setting] = []
    /// By key; the default's text where nothing was given.
    private(set) var texts: [String: String] = [:]

    func note(_ setting: Setting, given: String?) {
        self.settings.append(setting)
        self.texts[setting.key] = given ?? setting.standard
    }
}
