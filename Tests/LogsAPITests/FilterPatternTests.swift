import LogsAPI
import Testing

@Suite struct `A filter pattern` {
    static let cases: [(pattern: String, message: String, matches: Bool)] = [
        ("", "anything", true),
        ("   ", "anything", true),
        // Terms
        ("ERROR", "[ERROR 400] BAD REQUEST", true),
        ("ERROR", "[error 400]", false),
        ("ERROR ARGUMENTS", "ERROR invalid ARGUMENTS", true),
        ("ERROR ARGUMENTS", "ERROR only", false),
        (#""INTERNAL SERVER""#, "500 INTERNAL SERVER ERROR", true),
        (#""INTERNAL SERVER""#, "INTERNAL and SERVER", false),
        (#""say \"hi\"""#, #"they say "hi" here"#, true),
        ("?ERROR ?WARN", "WARN of something", true),
        ("?ERROR ?WARN", "INFO of something", false),
        ("ERROR -EXITING", "ERROR 1", true),
        ("ERROR -EXITING", "ERROR EXITING", false),
        ("-EXITING", "anything else", true),
        ("ERROR ?WARN", "ERROR", true),
        // JSON
        (#"{ $.level = "ERROR" }"#, #"{"level":"ERROR"}"#, true),
        (#"{ $.level = "ERROR" }"#, #"{"level":"INFO"}"#, false),
        (#"{ $.level = ERROR }"#, #"{"level":"ERROR"}"#, true),
        (#"{ $.level = "ERROR" }"#, "level ERROR", false),
        (#"{ $.level != "ERROR" }"#, #"{"level":"INFO"}"#, true),
        (#"{ $.level != "ERROR" }"#, #"{"other":1}"#, false),
        (#"{ $.name = "user*" }"#, #"{"name":"user-7"}"#, true),
        (#"{ $.name = "*7" }"#, #"{"name":"user-7"}"#, true),
        (#"{ $.n > 5 }"#, #"{"n":5.5}"#, true),
        (#"{ $.n > 5 }"#, #"{"n":5}"#, false),
        (#"{ $.n >= 5 && $.n <= 6 }"#, #"{"n":6}"#, true),
        (#"{ $.n = 1e3 }"#, #"{"n":1000}"#, true),
        (#"{ $.n = 5 }"#, #"{"n":"5"}"#, false),
        (#"{ $.n = "5" }"#, #"{"n":"5"}"#, true),
        (#"{ $.a.b[1].c = 2 }"#, #"{"a":{"b":[0,{"c":2}]}}"#, true),
        (#"{ $.a.b[2].c = 2 }"#, #"{"a":{"b":[0,{"c":2}]}}"#, false),
        (#"{ $["a b"] = 1 }"#, #"{"a b":1}"#, true),
        (#"{ $.x IS NULL }"#, #"{"x":null}"#, true),
        (#"{ $.x IS NULL }"#, #"{"y":null}"#, false),
        (#"{ $.x IS TRUE }"#, #"{"x":true}"#, true),
        (#"{ $.x is false }"#, #"{"x":false}"#, true),
        (#"{ $.x NOT EXISTS }"#, #"{"y":1}"#, true),
        (#"{ $.x NOT EXISTS }"#, #"{"x":1}"#, false),
        (#"{ $.a = 1 || $.b = 2 && $.c = 3 }"#, #"{"a":1}"#, true),
        (#"{ ($.a = 1 || $.b = 2) && $.c = 3 }"#, #"{"a":1}"#, false),
        (#"{ ($.a = 1 || $.b = 2) && $.c = 3 }"#, #"{"b":2,"c":3}"#, true),
        (#"{$.requestId="x"}"#, #"{"requestId":"x"}"#, true),
        // Columns
        ("[ip, user, status]", "127.0.0.1 frank 200", true),
        ("[ip, user, status]", "127.0.0.1 frank 200 extra", false),
        ("[ip, user, status = 4*]", "127.0.0.1 frank 404", true),
        ("[ip, user, status = 4*]", "127.0.0.1 frank 200", false),
        ("[..., size > 1000]", "a b c 1001", true),
        ("[..., size > 1000]", "a b c 999", false),
        (#"[ip, request = "GET *", ...]"#, #"127.0.0.1 "GET /index" 200 5"#, true),
        (#"[ip, time, status != 200]"#, "127.0.0.1 [10/Oct/2000 13:25] 500", true),
        ("[code = 404 || code = 410, ...]", "410 gone", true),
        ("[code >= 400 && code < 500, ...]", "499 x", true),
        ("[code >= 400 && code < 500, ...]", "500 x", false),
    ]

    @Test(arguments: cases) func `takes the events that it describes`(
        _ example: (pattern: String, message: String, matches: Bool)
    ) throws {
        #expect(try FilterPattern(parsing: example.pattern).matches(example.message) == example.matches)
    }

    @Test(arguments: [
        #"{ $.level = "ERROR""#, "{ level = 1 }", "{ $. = 1 }", "{ $.a }", "{ $.a = }", "{ $.a = 1 } }", "{ ($.a = 1 }",
        #"{ $.a = "open }"#, "{ $.a > text }", "{ $.a[x] = 1 }", "{ $.a[0 = 1 }", "{ $.a = 1 && }", "{}",
        "[a, b", "[a,,b]", "[..., ..., a]", "[a = 1 && a = 2 || a = 3]", "[a > x]", #""open"#, "-", "ERROR ?",
        "{ " + String(repeating: "(", count: 40) + "$.a = 1" + String(repeating: ")", count: 40) + " }",
        String(repeating: "x", count: 1_025),
    ])
    func `that is none is refused`(_ pattern: String) {
        #expect(throws: FilterPattern.SyntaxError.self) { _ = try FilterPattern(parsing: pattern) }
    }
}
