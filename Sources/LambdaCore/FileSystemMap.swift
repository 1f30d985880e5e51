/// Which directory of the host stands for which file system, as a setting says it: `ARN=/directory`, with commas or
/// blanks between.
package enum FileSystemMap {
    /// Why the setting cannot be used.
    package struct ParseError: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Directories by ARN.
    package static func directories(parsing text: String) throws(ParseError) -> [String: String] {
        var directories: [String: String] = [:]
        for entry in text.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" }) {
            let parts = entry.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].hasPrefix("arn:"), parts[1].hasPrefix("/") else {
                throw ParseError(description: "'\(entry)' is not of the form arn:…=/directory")
            }
            guard directories.updateValue(String(parts[1]), forKey: String(parts[0])) == nil else {
                throw ParseError(description: "\(parts[0]) has two directories")
            }
        }
        return directories
    }
}
