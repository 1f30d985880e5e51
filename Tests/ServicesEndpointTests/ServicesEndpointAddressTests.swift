import LambdaCore
import ServicesEndpoint
import Testing

@Suite struct `The address of a services endpoint` {
    @Test(arguments: [
        ("http://localhost:4566", "localhost", 4566, "localhost:4566"),
        ("http://localhost:4566/", "localhost", 4566, "localhost:4566"),
        ("HTTP://moto", "moto", 80, "moto:80"),
        ("http://10.0.0.1:1", "10.0.0.1", 1, "10.0.0.1:1"),
        ("http://[::1]:65535", "::1", 65_535, "[::1]:65535"),
        ("http://[::1]", "::1", 80, "[::1]:80"),
    ])
    func `is read`(_ text: String, _ host: String, _ port: Int, _ authority: String) throws {
        let address = try ServicesEndpointAddress(parsing: text)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.authority == authority)
        #expect(try ServicesEndpointAddress(parsing: address.description) == address)
    }

    @Test(arguments: [
        "", "localhost:4566", "ftp://localhost", "http://", "http://:80", "http://host:", "http://host:0",
        "http://host:65536", "http://host:+80", "http://host:8o", "http://host/path", "http://host?q", "http://host#f",
        "http://user@host", "http://a:1:2", "http://::1", "http://[::1", "http://[::1]80", "http://[host]",
        "http://ho st", "http://host\r\nX: y",
    ])
    func `is refused where it is something else`(_ text: String) {
        #expect(throws: ServicesEndpointAddress.ParseError.self) { try ServicesEndpointAddress(parsing: text) }
    }

    @Test func `says that TLS is not available`() {
        let error = #expect(throws: ServicesEndpointAddress.ParseError.self) {
            try ServicesEndpointAddress(parsing: "https://sts.amazonaws.com")
        }
        #expect(error?.description.contains("TLS") == true)
    }
}

@Suite struct `The session name of a function` {
    @Test(arguments: [("f", "f@lambda_function"), ("ff", "ff"), ("my-function_1", "my-function_1")])
    func `is the function's, made two characters long at least`(_ function: String, _ session: String) throws {
        #expect(RoleSessionName.forFunction(try #require(FunctionName(function))) == session)
    }
}
