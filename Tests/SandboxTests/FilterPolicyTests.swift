import Sandbox
import Testing

@Suite struct `A filter policy` {
    @Test func `is a default and rules, with comments ignored`() throws {
        let policy = try FilterPolicy(
            parsing: """
                # a comment
                default errno ENOSYS

                allow read write   # two rules
                deny mount errno EPERM
                allow clone when arg0 & 0x7E020000 == 0
                allow socket when arg0 == 1 and arg1 > 10
                """)

        #expect(policy.otherwise == .notSupported)
        #expect(policy.rules.map(\.call) == ["read", "write", "mount", "clone", "socket"])
        #expect(policy.rules.map(\.line) == [4, 4, 5, 6, 7])
        #expect(policy.rules[2].decision == .deny(.notPermitted))
        #expect(policy.rules[3].conditions.map(\.comparison) == [.masked(mask: 0x7E02_0000, value: 0)])
        #expect(policy.rules[4].conditions.map(\.argument) == [0, 1])
        #expect(policy.rules[4].conditions.map(\.comparison) == [.equal(1), .greater(10)])
    }

    @Test(arguments: [
        ("permit read", "“permit” is none of default, allow, deny"),
        ("allow", "names no call"),
        ("deny mount", "“errno” expected at the end"),
        ("deny mount errno", "the name of an errno expected at the end"),
        ("deny mount errno ENOENT", "“ENOENT” is none of EACCES, EAFNOSUPPORT, EPERM, ENOSYS"),
        ("deny mount errno EPERM now", "nothing expected instead of “now”"),
        ("allow read errno EPERM", "nothing expected instead of “errno”"),
        ("allow read write when arg0 == 1", "a condition is for one call"),
        ("allow read when", "a condition expected at the end"),
        ("allow read when arg6 == 1", "“arg6” is none of arg0 through arg5"),
        ("allow read when fd == 1", "“fd” is none of arg0 through arg5"),
        ("allow read when arg0 = 1", "one of ==, & and > expected after “arg0”"),
        ("allow read when arg0 == one", "“one” is not a number of 64 bits"),
        ("allow read when arg0 == 0x10000000000000000", "“0x10000000000000000” is not a number of 64 bits"),
        ("allow read when arg0 & 1", "“==” expected at the end"),
        ("allow read when arg0 & 1 == 2", "the value has bits that the mask removes"),
        ("allow read when arg0 == 1 and arg0 == 2", "two conditions on one argument"),
        ("allow read when arg0 == 1 or arg0 == 2", "nothing expected instead of “or”"),
        ("default errno EPERM", "there is a default already"),
    ])
    func `names the line and what is wrong with it`(line: String, reason: String) {
        #expect(throws: FilterError.invalid(line: 3, reason: reason)) {
            try FilterPolicy(parsing: "default errno ENOSYS\n\n\(line)\n")
        }
    }

    @Test(arguments: [
        ("allow read", "allow read"), ("allow read", "deny read errno EPERM"), ("deny read errno EPERM", "allow read"),
        ("allow read", "allow read when arg0 == 1"),
        ("deny read errno EPERM", "allow read when arg0 == 1"),
        ("deny read errno EPERM", "deny read errno EACCES when arg0 == 1"),
    ])
    func `refuses a line that another one makes useless`(first: String, second: String) {
        #expect(throws: FilterError.invalid(line: 3, reason: "read is decided in line 2 already")) {
            try FilterPolicy(parsing: "default errno ENOSYS\n\(first)\n\(second)")
        }
    }

    @Test func `without a default is refused`() {
        #expect(throws: FilterError.noDefault) { try FilterPolicy(parsing: "allow read") }
    }
}
