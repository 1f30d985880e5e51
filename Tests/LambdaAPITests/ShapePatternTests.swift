import LambdaShapes
import Testing

@Suite struct `A pattern of the model` {
    private static let patterns: [String] = Shape.generated.compactMap {
        if case .string(let rule) = $0.shape { rule.pattern } else { nil }
    }

    @Test(arguments: Set(patterns).sorted())
    func `is one that Swift's engine takes`(pattern: String) throws {
        _ = try PatternBook.compile(pattern)
    }

    @Test func `has no text longer than what it is tried on`() {
        for (name, shape) in Shape.generated {
            guard case .string(let rule) = shape, rule.pattern != nil, let maximum = rule.maximum else { continue }
            #expect(maximum <= PatternBook.longestText, "\(name)")
        }
        #expect(Self.patterns.count > 50)
    }

    private static let name =
        #"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"#
        + #"([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"#

    @Test(arguments: [
        (name, "f"), (name, "f:$LATEST"), (name, "123456789012:function:f"),
        (name, "arn:aws:lambda:us-gov-west-1:123456789012:function:f:live"),
        (#"[0-9A-Za-z\.\-_]*(?<!\.)"#, "a.b"), (#"[0-9A-Za-z\.\-_]*(?<!\.)"#, ""),
        (#"(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()"#, ""), (#"[^\s]+"#, "é€😀"),
        (#"(?!^[0-9]+$)([a-zA-Z0-9-_]+)"#, "v2024"),
        (#"((?!^\d+$)^[0-9a-zA-Z-_]+$)"#, "live"), (#"[\s\S]*"#, "a\nb"),
    ])
    func `matches`(pattern: String, text: String) {
        #expect(PatternBook.matches(text, pattern))
    }

    @Test(arguments: [
        (name, ""), (name, "a b"), (name, "f:"), (name, "invalid:function:name"), (name, "f\n"), (name, "é"),
        (name, "arn:aws:lambda:us-east-1:123400000000@function:myfn"), (#"[0-9A-Za-z\.\-_]*(?<!\.)"#, "a."),
        (#"\d{12}"#, "１２３４５６７８９０１２"), (#"\d{12}"#, "123456789012\n"), (#"[^\s]+"#, "a b"),
        (#"(?!^[0-9]+$)([a-zA-Z0-9-_]+)"#, "2024"), (#"((?!^\d+$)^[0-9a-zA-Z-_]+$)"#, "1"), (#"[a-z]+"#, "e\u{301}"),
        ("(", "("),
    ])
    func `does not match`(pattern: String, text: String) {
        #expect(!PatternBook.matches(text, pattern))
    }
}
