import LambdaCore
import Testing

@Suite struct `An event pattern` {
    @Test(arguments: [
        #"{"eventName":["INSERT"]}"#,
        #"{"eventName":["INSERT","MODIFY"],"eventSource":["aws:dynamodb"]}"#,
        #"{"dynamodb":{"NewImage":{"key":{"S":["value"]}}}}"#,
        #"{"a":[{"exists":true}]}"#,
        #"{"a":[{"exists":false}]}"#,
        #"{"a":[{"numeric":[">",100]},{"anything-but":"101"}]}"#,
        #"{"a":[{"numeric":[">=",100,"<",200]}]}"#,
        #"{"a":[{"prefix":"us-"}]}"#,
        #"{"a":[{"prefix":{"equals-ignore-case":"us-"}}]}"#,
        #"{"a":[{"suffix":".png"}]}"#,
        #"{"a":[{"equals-ignore-case":"x"}]}"#,
        #"{"a":[{"wildcard":"a*b*"}]}"#,
        #"{"a":[{"anything-but":["x","y"]}]}"#,
        #"{"a":[{"anything-but":[1,2]}]}"#,
        #"{"a":[{"anything-but":{"prefix":"x"}}]}"#,
        #"{"a":[{"anything-but":{"suffix":["x","y"]}}]}"#,
        #"{"a":[{"cidr":"10.0.0.0/24"}]}"#,
        #"{"a":[{"cidr":"2001:db8::/32"}]}"#,
        #"{"$or":[{"a":["x"]},{"b":["y"]}]}"#,
        #"{"a":[null,"",1,true]}"#,
    ]) func `may say this`(text: String) {
        #expect(EventPattern(text) != nil)
    }

    @Test(arguments: [
        // Recorded: AWS refuses these.
        "null", #""simple string""#, #"{"eventSource":"aws:sqs"}"#, #"{"eventSource":[]}"#, "single-string",
        #"[{"eventName":["INSERT"=123}]"#,
        // And what its guide rules out.
        "", "{}", "[]", "1", #"{"a":{}}"#, #"{"a":1}"#, #"{"a":null}"#, #"{"a":[["x"]]}"#, #"{"a":[{}]}"#,
        #"{"a":[{"prefix":"x","suffix":"y"}]}"#, #"{"a":[{"unknown":"x"}]}"#, #"{"a":[{"exists":"true"}]}"#,
        #"{"a":[{"prefix":1}]}"#, #"{"a":[{"numeric":[]}]}"#, #"{"a":[{"numeric":["=","1"]}]}"#,
        #"{"a":[{"numeric":["!=",1]}]}"#, #"{"a":[{"numeric":[">",1,"<"]}]}"#, #"{"a":[{"numeric":["<",1,">",2]}]}"#,
        #"{"a":[{"numeric":[">",2,"<",1]}]}"#, #"{"a":[{"anything-but":[]}]}"#, #"{"a":[{"anything-but":["x",1]}]}"#,
        #"{"a":[{"anything-but":{"numeric":["=",1]}}]}"#, #"{"a":[{"anything-but":true}]}"#,
        #"{"a":[{"wildcard":"a**"}]}"#, #"{"a":[{"cidr":"10.0.0/24"}]}"#, #"{"a":[{"cidr":"10.0.0.0/33"}]}"#,
        #"{"a":[{"cidr":"10.0.0.0"}]}"#, #"{"$or":[{"a":["x"]}]}"#, #"{"$or":[{"a":["x"]},{"b":1}]}"#,
    ]) func `may not say this`(text: String) {
        #expect(EventPattern(text) == nil)
    }
}
