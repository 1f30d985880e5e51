import Engine
import LambdaCore
import TestSupport
import Testing

@Suite struct `Credentials that a process asks for` {
    private static let now = WallTime(milliseconds: 1_543_331_445_123)

    private static func credentials(_ token: String?, _ expiration: WallTime?) -> ContainerCredentials {
        ContainerCredentials(
            Credentials(
                accessKeyID: "ASIAEXAMPLE", secretAccessKey: "the-secret", sessionToken: token, expiration: expiration),
            token: "the-word")
    }

    @Test func `are the role's, with their end`() {
        let end = Self.now.advanced(by: .seconds(3_600))
        #expect(
            String(decoding: Self.credentials("the-token", end).json(now: Self.now), as: UTF8.self)
                == #"{"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"the-secret","Token":"the-token","#
                + #""Expiration":"2018-11-27T16:10:45.123Z"}"#)
    }

    @Test func `without an end are always good for some hours`() {
        #expect(
            String(decoding: Self.credentials(nil, nil).json(now: Self.now), as: UTF8.self)
                == #"{"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"the-secret","Token":"","#
                + #""Expiration":"2018-11-28T03:10:45.123Z"}"#)
    }

    @Test func `have no textual form`() {
        let texts = ["\(Self.credentials("the-token", nil))", String(reflecting: Self.credentials("the-token", nil))]
        for text in texts {
            #expect(!text.contains("the-secret") && !text.contains("the-token") && !text.contains("the-word"))
        }
    }
}
