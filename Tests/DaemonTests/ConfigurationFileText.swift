import Foundation

/// `packaging/config/lambdad.conf`, read as people read it.
struct ConfigurationFileText {
    struct Entry {
        let standard: String
        /// The comment above it, which several keys may share.
        let comment: String
    }

    private(set) var entries: [String: Entry] = [:]
    /// With what is commented out taken in.
    private(set) var withDefaults = ""

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appendingPathComponent("packaging/config/lambdad.conf"), encoding: .utf8)
        var comment: [Substring] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty {
                comment = []
            } else if line.hasPrefix("# ") {
                comment.append(line.dropFirst(2))
            } else if line.hasPrefix("#"), let equals = line.firstIndex(of: "=") {
                let key = line.dropFirst()[..<equals].trimmingCharacters(in: .whitespaces)
                let value = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
                self.entries[key] = Entry(standard: value, comment: comment.joined(separator: " "))
                self.withDefaults += "\(line.dropFirst())\n"
            } else {
                self.withDefaults += "\(line)\n"
            }
        }
    }
}
