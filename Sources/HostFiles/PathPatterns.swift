/// Which files of a directory matter: those that an include pattern names (all, where there is none) and no exclude
/// pattern does.
///
/// In a pattern `*` stands for any characters of one name, `?` for one, `[a-z]` for one of these, `[!a-z]` for one of all
/// others, and `**` for any number of names. A pattern without a slash is looked for at every depth, one with a slash at
/// the directory itself. What is below something that is named is named with it. Names are bytes: a file's name need not
/// be UTF-8.
package struct PathPatterns: Sendable, Equatable {
    private let include: [PathPattern]
    private let exclude: [PathPattern]

    package init(include: [String], exclude: [String]) {
        self.include = include.map(PathPattern.init)
        self.exclude = exclude.map(PathPattern.init)
    }

    /// Whether something is excluded whose parents are not.
    package func excludes(_ path: RelativePath) -> Bool { self.exclude.contains { $0.matches(path) } }

    /// Whether a change of a file matters whose parents are not excluded.
    package func matter(_ path: RelativePath) -> Bool {
        guard !self.excludes(path) else { return false }
        guard !self.include.isEmpty else { return true }
        var upwards: RelativePath? = path
        while let place = upwards {
            if self.include.contains(where: { $0.matches(place) }) { return true }
            upwards = place.parent
        }
        return false
    }
}

/// A path below a directory, name by name. Never empty.
package struct RelativePath: Sendable, Hashable {
    package let names: [[UInt8]]

    /// - Parameter names: At least one.
    package init(_ names: [[UInt8]]) {
        precondition(!names.isEmpty, "a relative path has a name")
        self.names = names
    }

    package init(_ text: String) { self.init(text.utf8.split(separator: 0x2F).map(Array.init)) }

    /// `nil` for what lies in the directory itself.
    var parent: RelativePath? { self.names.count > 1 ? RelativePath(self.names.dropLast()) : nil }
}

/// One pattern, cut at its slashes.
private struct PathPattern: Sendable, Equatable {
    private static let anyDepth = Array("**".utf8)

    private let parts: [[UInt8]]
    /// Looked for at the directory itself only.
    private let isAnchored: Bool

    init(_ text: String) {
        // A slash at the end says that a directory is meant, which changes nothing.
        let trimmed = text.hasSuffix("/") ? text.dropLast() : text[...]
        self.isAnchored = trimmed.utf8.contains(0x2F)
        self.parts = trimmed.utf8.split(separator: 0x2F).map(Array.init)
    }

    func matches(_ path: RelativePath) -> Bool {
        guard self.isAnchored else {
            guard let pattern = self.parts.first, let name = path.names.last else { return false }
            return Self.matches(name[...], pattern[...])
        }
        return Self.matches(path.names[...], self.parts[...])
    }

    private static func matches(_ names: ArraySlice<[UInt8]>, _ parts: ArraySlice<[UInt8]>) -> Bool {
        guard let part = parts.first else { return names.isEmpty }
        if part == self.anyDepth {
            return (0...names.count).contains { self.matches(names.dropFirst($0), parts.dropFirst()) }
        }
        guard let name = names.first, self.matches(name[...], part[...]) else { return false }
        return self.matches(names.dropFirst(), parts.dropFirst())
    }

    /// Goes back to the last star only, so that the time grows with the product of both lengths and no more.
    private static func matches(_ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        var (name, pattern) = (name, pattern)
        var retry: (name: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
        while true {
            if pattern.first == 0x2A {
                pattern = pattern.dropFirst()
                retry = (name, pattern)
                continue
            }
            if name.isEmpty, pattern.isEmpty { return true }
            if let byte = name.first, let rest = self.rest(of: pattern, matching: byte) {
                (name, pattern) = (name.dropFirst(), rest)
            } else if let last = retry, !last.name.isEmpty {
                retry?.name = last.name.dropFirst()
                (name, pattern) = (last.name.dropFirst(), last.pattern)
            } else {
                return false
            }
        }
    }

    /// What follows the pattern's first element where that element matches.
    private static func rest(of pattern: ArraySlice<UInt8>, matching byte: UInt8) -> ArraySlice<UInt8>? {
        guard let first = pattern.first else { return nil }
        if first == 0x3F { return pattern.dropFirst() }
        // Without an end it is a bracket like any other character.
        if first == 0x5B, let end = pattern.dropFirst(2).firstIndex(of: 0x5D) {
            let set = pattern[(pattern.startIndex + 1)..<end]
            return self.matches(byte, set: set) ? pattern[(end + 1)...] : nil
        }
        return first == byte ? pattern.dropFirst() : nil
    }

    private static func matches(_ byte: UInt8, set: ArraySlice<UInt8>) -> Bool {
        let isNegated = set.first == 0x21
        var rest = isNegated ? set.dropFirst() : set
        var isIn = false
        while let low = rest.popFirst() {
            var high = low
            if rest.first == 0x2D, let end = rest.dropFirst().first {
                high = end
                rest = rest.dropFirst(2)
            }
            if low <= byte, byte <= high { isIn = true }
        }
        return isIn != isNegated
    }
}
