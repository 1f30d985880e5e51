import LambdaCore
import TestSupport
import Testing

@testable import LambdaAPI

private let resource = "arn:aws:lambda:us-east-1:123456789012:function:f"
private let bucket = "arn:aws:s3:::b"

private func policy(_ statements: String...) -> ResourcePolicy {
    ResourcePolicy(statements: statements.map { PolicyRecord.Statement(id: "s", json: $0) })
}

private func statement(
    _ effect: String = "Allow", principal: String = #""*""#, action: String = #""lambda:InvokeFunction""#,
    on resource: String = resource, condition: String? = nil
) -> String {
    #"{"Sid":"s","Effect":"\#(effect)","Principal":\#(principal),"Action":\#(action),"Resource":"\#(resource)""#
        + (condition.map { #","Condition":\#($0)}"# } ?? "}")
}

private func request(
    _ principal: PolicyRequest.Principal = .anonymous, action: String = "lambda:InvokeFunction",
    on resource: String = resource, _ conditions: [String: String] = [:]
) -> PolicyRequest {
    PolicyRequest(action: action, principal: principal, resource: resource, conditions: conditions)
}

private func account(_ digits: String = "123456789012", arn: String? = nil) -> PolicyRequest.Principal {
    .account(AccountID(digits) ?? .standard, arn: arn)
}

@Suite struct `A resource policy` {
    private static let session = "arn:aws:sts::123456789012:assumed-role/r/session"

    @Test(arguments: [
        (#""*""#, PolicyRequest.Principal.anonymous, true),
        (#""*""#, account(), true),
        (#"{"AWS":"*"}"#, .anonymous, true),
        (#"{"AWS":"arn:aws:iam::123456789012:root"}"#, account(), true),
        (#"{"AWS":"arn:aws:iam::123456789012:root"}"#, account(arn: session), true),
        (#"{"AWS":"123456789012"}"#, account(), true),
        (#"{"AWS":"arn:aws:iam::210987654321:root"}"#, account(), false),
        (#"{"AWS":["210987654321","123456789012"]}"#, account(), true),
        (#"{"AWS":"arn:aws:iam::123456789012:root"}"#, .anonymous, false),
        (#"{"AWS":"arn:aws:iam::123456789012:user/u"}"#, account(arn: "arn:aws:iam::123456789012:user/u"), true),
        (#"{"AWS":"arn:aws:iam::123456789012:user/u"}"#, account(arn: "arn:aws:iam::123456789012:user/v"), false),
        (#"{"AWS":"arn:aws:iam::123456789012:user/u"}"#, account(), false),
        (#"{"AWS":"arn:aws:iam::123456789012:role/r"}"#, account(arn: session), true),
        (#"{"AWS":"arn:aws:iam::123456789012:role/path/r"}"#, account(arn: session), true),
        (#"{"AWS":"arn:aws:iam::123456789012:role/q"}"#, account(arn: session), false),
        (#"{"AWS":"arn:aws:iam::210987654321:role/r"}"#, account(arn: session), false),
        (#"{"AWS":"arn:aws:sts::123456789012:assumed-role/r/session"}"#, account(arn: session), true),
        (#"{"Service":"s3.amazonaws.com"}"#, .service("s3.amazonaws.com"), true),
        (#"{"Service":"s3.amazonaws.com"}"#, .service("sns.amazonaws.com"), false),
        (#"{"Service":"s3.amazonaws.com"}"#, .anonymous, false),
        (#"{"Service":"s3.amazonaws.com","AWS":"123456789012"}"#, account(), true),
        (#"{"AWS":[]}"#, account(), false),
    ])
    func `allows whom its principal names`(principal: String, asking: PolicyRequest.Principal, allowed: Bool) {
        #expect(policy(statement(principal: principal)).allows(request(asking)) == allowed)
    }

    @Test(arguments: [
        (#""lambda:InvokeFunction""#, "lambda:InvokeFunction", true),
        (#""lambda:invokefunction""#, "lambda:InvokeFunction", true),
        (#""lambda:*""#, "lambda:InvokeFunctionUrl", true),
        (#""*""#, "lambda:GetLayerVersion", true),
        (#""lambda:Invoke*""#, "lambda:GetFunction", false),
        (#"["lambda:GetFunction","lambda:InvokeFunctionUrl"]"#, "lambda:InvokeFunctionUrl", true),
        (#""lambda:InvokeFunction""#, "lambda:InvokeFunctionUrl", false),
    ])
    func `allows the actions that it names`(pattern: String, action: String, allowed: Bool) {
        #expect(policy(statement(action: pattern)).allows(request(action: action)) == allowed)
    }

    @Test(arguments: [
        (resource, true), (resource + ":live", false), (resource + "*", true), ("*", true),
        ("arn:aws:lambda:us-east-1:123456789012:function:?", true), (resource + "?", false), (resource + ":*", false),
    ])
    func `allows only the resource that it names`(pattern: String, allowed: Bool) {
        #expect(policy(statement(on: pattern)).allows(request()) == allowed)
    }

    @Test(arguments: [
        (#"{"StringEquals":{"AWS:SourceAccount":"1"}}"#, ["aws:SourceAccount": "1"], true),
        (#"{"StringEquals":{"AWS:SourceAccount":"1"}}"#, ["aws:SourceAccount": "2"], false),
        (#"{"StringEquals":{"AWS:SourceAccount":"1"}}"#, [:], false),
        (#"{"StringEqualsIfExists":{"AWS:SourceAccount":"1"}}"#, [:], true),
        (#"{"StringEquals":{"AWS:SourceAccount":["1","2"]}}"#, ["AWS:SOURCEACCOUNT": "2"], true),
        (#"{"StringNotEquals":{"a":"1"}}"#, ["a": "2"], true),
        (#"{"StringNotEquals":{"a":["1","2"]}}"#, ["a": "2"], false),
        (#"{"StringNotEquals":{"a":"1"}}"#, [:], true),
        (#"{"StringEqualsIgnoreCase":{"a":"None"}}"#, ["a": "NONE"], true),
        (#"{"StringNotEqualsIgnoreCase":{"a":"None"}}"#, ["a": "NONE"], false),
        (#"{"StringLike":{"a":"x*z"}}"#, ["a": "xyyz"], true),
        (#"{"StringLike":{"a":"x*z"}}"#, ["a": "xyyZ"], false),
        (#"{"StringNotLike":{"a":"x*z"}}"#, ["a": "xyyz"], false),
        (#"{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"}}"#, ["AWS:SourceArn": bucket], true),
        (#"{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::*"}}"#, ["AWS:SourceArn": bucket], true),
        (#"{"ArnLike":{"AWS:SourceArn":"arn:*:b"}}"#, ["AWS:SourceArn": bucket], false),
        (#"{"ArnLike":{"AWS:SourceArn":"arn:aws:*:::b"}}"#, ["AWS:SourceArn": "arn:aws:s3:x:y:b"], false),
        (#"{"ArnLike":{"AWS:SourceArn":"arn:aws:sns:r:1:t:*"}}"#, ["AWS:SourceArn": "arn:aws:sns:r:1:t:s"], true),
        (#"{"ArnEquals":{"AWS:SourceArn":"arn:aws:s3:::?"}}"#, ["AWS:SourceArn": bucket], true),
        (#"{"ArnNotLike":{"AWS:SourceArn":"arn:aws:s3:::*"}}"#, ["AWS:SourceArn": bucket], false),
        (#"{"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::*"}}"#, ["AWS:SourceArn": "b"], false),
        (#"{"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}"#, ["lambda:InvokedViaFunctionUrl": "true"], true),
        (#"{"Bool":{"lambda:InvokedViaFunctionUrl":true}}"#, ["lambda:InvokedViaFunctionUrl": "true"], true),
        (#"{"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}"#, ["lambda:InvokedViaFunctionUrl": "false"], false),
        (#"{"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}"#, [:], false),
        (#"{"Null":{"a":"true"}}"#, [:], true),
        (#"{"Null":{"a":"true"}}"#, ["a": ""], false),
        (#"{"Null":{"a":false}}"#, ["a": ""], true),
        (#"{"StringEquals":{"a":"1","b":"2"}}"#, ["a": "1", "b": "2"], true),
        (#"{"StringEquals":{"a":"1","b":"2"}}"#, ["a": "1", "b": "3"], false),
        (#"{"StringEquals":{"a":"1"},"ArnLike":{"b":"arn:aws:s3:::b"}}"#, ["a": "1"], false),
        (#"{}"#, [:], true),
    ])
    func `applies where its conditions are met`(condition: String, found: [String: String], allowed: Bool) {
        #expect(policy(statement(condition: condition)).allows(request(.anonymous, found)) == allowed)
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"Effect":"Allow"}"#, statement("Maybe"), statement(principal: #"{"Federated":"x"}"#),
        statement(principal: "1"), statement(action: "7"), statement(condition: #"{"DateLessThan":{"a":"b"}}"#),
        statement(condition: #"{"StringEquals":"a"}"#), statement(condition: #"{"StringEquals":{"a":{}}}"#),
        statement(condition: "7"), statement().replacing("Resource", with: "NotResource"),
        statement().replacing("Principal", with: "NotPrincipal"),
    ])
    func `gives nothing by what it cannot read`(json: String) {
        #expect(policy(json).verdict(on: request(.anonymous, ["a": "b"])) == .silence)
        // The same part in a Deny does not make it harmless.
        let denied = json.replacing(#""Allow""#, with: #""Deny""#)
        let forbids = denied.contains("Deny")
        #expect(policy(denied).verdict(on: request(.anonymous, ["a": "b"])) == (forbids ? .deny : .silence))
    }

    @Test func `of no statement is silent`() { #expect(policy().verdict(on: request()) == .silence) }

    @Test(arguments: UInt64(1)...200) func `decides the same in any order, and a Deny wins`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let principals = [#""*""#, #"{"AWS":"123456789012"}"#, #"{"Service":"s3.amazonaws.com"}"#]
        let actions = [#""lambda:InvokeFunction""#, #""lambda:*""#, #""lambda:GetFunction""#]
        let conditions = [nil, #"{"StringEquals":{"a":"1"}}"#, #"{"StringNotEquals":{"a":"1"}}"#]
        let statements = (0..<Int.random(in: 0...5, using: &random)).map { _ in
            (
                isDeny: Int.random(in: 0..<3, using: &random) == 0,
                json: statement(
                    "Allow", principal: principals.randomElement(using: &random) ?? "",
                    action: actions.randomElement(using: &random) ?? "",
                    condition: conditions.randomElement(using: &random) ?? nil)
            )
        }
        let asked = request(
            [.anonymous, account(), .service("s3.amazonaws.com")].randomElement(using: &random) ?? .anonymous,
            Bool.random(using: &random) ? ["a": "1"] : [:])
        func decide(_ list: [(isDeny: Bool, json: String)]) -> ResourcePolicy.Verdict {
            ResourcePolicy(
                statements: list.map {
                    .init(id: "s", json: $0.isDeny ? $0.json.replacing(#""Allow""#, with: #""Deny""#) : $0.json)
                }
            ).verdict(on: asked)
        }
        let verdict = decide(statements)
        #expect(decide(statements.shuffled(using: &random)) == verdict)
        // Each statement alone says whether it applies; the whole follows from these.
        let alone = statements.map { decide([$0]) }
        #expect(verdict == (alone.contains(.deny) ? .deny : alone.contains(.allow) ? .allow : .silence))
    }
}

@Suite struct `A pattern with wildcards` {
    @Test(arguments: [
        ("", "", true), ("", "a", false), ("*", "", true), ("**", "ab", true), ("?", "", false), ("?", "é", true),
        ("a*b*c", "axxbyyc", true), ("a*b*c", "axxbyy", false), ("*ab", "aab", true), ("a*", "ba", false),
        ("a?c", "abc", true), ("a?c", "ac", false), ("*a*", "bab", true), ("a*a", "a", false), ("[a]", "a", false),
    ])
    func `matches whole texts`(pattern: String, text: String, matches: Bool) {
        #expect(WildcardPattern(pattern).matches(text) == matches)
    }

    @Test(arguments: UInt64(1)...200) func `agrees with the definition`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        func text(_ alphabet: String, _ longest: Int) -> String {
            String(
                (0..<Int.random(in: 0...longest, using: &random)).map { _ in
                    alphabet.randomElement(using: &random) ?? "a"
                })
        }
        func defined(_ pattern: Substring, _ text: Substring) -> Bool {
            guard let first = pattern.first else { return text.isEmpty }
            if first == "*" {
                return defined(pattern.dropFirst(), text) || (!text.isEmpty && defined(pattern, text.dropFirst()))
            }
            guard let found = text.first, first == "?" || first == found else { return false }
            return defined(pattern.dropFirst(), text.dropFirst())
        }
        for _ in 0..<20 {
            let (pattern, candidate) = (text("ab*?", 6), text("ab", 8))
            #expect(WildcardPattern(pattern).matches(candidate) == defined(pattern[...], candidate[...]))
        }
    }
}
