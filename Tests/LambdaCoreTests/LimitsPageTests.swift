import FoundationEssentials
import LambdaCore
import Testing

/// The page that lists every limit, held against the file that defines them and the tests that it names.
@Suite struct `The page of limits` {
    private static let repository = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        .joined(separator: "/")
    private static let page = Result {
        try String(contentsOfFile: repository + "/Sources/lambdad/Documentation.docc/Limits.md", encoding: .utf8)
    }

    /// What stands between backticks in the rows of tables.
    private static func quoted(_ text: some StringProtocol) -> Set<String> {
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("|") }
        return Set(
            rows.flatMap { row in
                row.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                    .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            })
    }

    @Test func `has a row for every limit`() throws {
        let source = try String(
            contentsOfFile: Self.repository + "/Sources/LambdaCore/Limits.swift", encoding: .utf8)
        let names = source.split(separator: "\n").compactMap { line -> String? in
            let words = line.split(separator: " ")
            guard words.prefix(3) == ["package", "static", "let"], words.count > 3 else { return nil }
            return String(words[3].prefix { $0.isLetter || $0.isNumber })
        }
        .filter { !$0.hasPrefix("default") }  // in the row of what they are the default of
        #expect(names.count > 50)
        let quoted = Self.quoted(try Self.page.get())
        #expect(names.filter { !quoted.contains($0) } == [])
    }

    @Test func `names tests that are there`() throws {
        let (files, top) = (FileManager.default, Self.repository + "/Tests")
        // Folders hold files only; a file has nothing in it.
        let tests = Set(
            try files.contentsOfDirectory(atPath: top).flatMap {
                (try? files.contentsOfDirectory(atPath: "\(top)/\($0)")) ?? []
            })
        let named = Self.quoted(try Self.page.get()).filter { $0.hasSuffix("Tests") || $0.hasPrefix("test_") }
        #expect(named.count > 20)
        #expect(named.filter { !tests.contains("\($0).swift") && !tests.contains("\($0).py") } == [])
    }

    @Test func `says of every limit what holds it`() throws {
        let rows = try Self.page.get().split(separator: "\n").filter { $0.hasPrefix("| ") }
        #expect(rows.count > 60)
        let empty = rows.filter { $0.split(separator: "|").last.map { $0.allSatisfy(\.isWhitespace) } ?? true }
        #expect(empty == [])
    }
}
