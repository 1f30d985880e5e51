import HostFiles
import Testing

@Suite struct `Patterns of paths` {
    @Test(arguments: [
        ("*.pyc", "a.pyc", true), ("*.pyc", "x/y/a.pyc", true), ("*.pyc", "a.py", false), ("*.pyc", "a.pyc.x", false),
        (".git", ".git", true), (".git", "a/.git", true), (".git", ".gitignore", false),
        ("a?c", "abc", true), ("a?c", "ac", false), ("a*c", "ac", true), ("a*b*c", "axxbyyc", true),
        ("a*b*c", "axxbyy", false), ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaa", false), ("*", "", false), ("*", "x", true),
        ("[a-c]x", "bx", true), ("[a-c]x", "dx", false), ("[!a-c]x", "dx", true), ("[!a-c]x", "bx", false),
        ("[-a]", "-", true), ("[", "[", true), ("a[", "a[", true),
        ("src/*.py", "src/a.py", true), ("src/*.py", "x/src/a.py", false), ("src/*.py", "src/x/a.py", false),
        ("src/**/a.py", "src/a.py", true), ("src/**/a.py", "src/x/y/a.py", true), ("**/b", "a/b", true),
        ("**/b", "b", true), ("a/**", "a/x/y", true), ("/top", "top", true), ("/top", "x/top", false),
        ("dir/", "x/dir", true), ("a/b/", "a/b", true), ("Ä*", "Äx", true),
    ])
    func `match by these rules`(pattern: String, path: String, expected: Bool) {
        guard !path.isEmpty else { return #expect(!expected) }
        #expect(PathPatterns(include: [], exclude: [pattern]).excludes(RelativePath(path)) == expected)
    }

    @Test func `let every file matter where there are none`() {
        #expect(PathPatterns(include: [], exclude: []).matter(RelativePath("a/b")))
    }

    @Test func `let only what is included matter, with what is below it, and nothing that is excluded`() {
        let patterns = PathPatterns(include: ["*.py", "templates"], exclude: ["test_*", "templates/old"])
        #expect(patterns.matter(RelativePath("a.py")))
        #expect(patterns.matter(RelativePath("x/a.py")))
        #expect(patterns.matter(RelativePath("x/templates/deep/a.html")))
        #expect(!patterns.matter(RelativePath("a.html")))
        #expect(!patterns.matter(RelativePath("test_a.py")))
        #expect(patterns.excludes(RelativePath("templates/old")))
        #expect(!patterns.excludes(RelativePath("templates")))
    }

    @Test func `take names that are no text`() {
        let path = RelativePath([[0xFF, 0xFE, 0x2E, 0x70, 0x79]])
        #expect(PathPatterns(include: [], exclude: ["*.py"]).excludes(path))
    }
}
