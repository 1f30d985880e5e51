import LambdaCore
import Testing

@Suite struct `A runtime manifest` {
    @Test func `says how functions are run`() throws {
        let manifest = try RuntimeManifest(
            parsing: """
                [runtime]
                id = python3.11
                command = /usr/bin/python3 -m awslambdaric {handler}
                directory = /usr/lib/lambdad/python3.11
                substitutes = python3.12 python3.13
                requires = /usr/bin/python3
                version = python:3.11
                managed = yes
                [environment]
                PATH = /usr/bin:/bin
                """)
        #expect(manifest.id == "python3.11")
        #expect(manifest.root == "host")
        #expect(manifest.command == ["/usr/bin/python3", "-m", "awslambdaric", "{handler}"])
        #expect(manifest.directory == "/usr/lib/lambdad/python3.11")
        #expect(manifest.substitutes == ["python3.12", "python3.13"])
        #expect(manifest.requires == ["/usr/bin/python3"])
        #expect(manifest.versionText == "python:3.11")
        #expect(manifest.isManaged)
        #expect(manifest.environment == ["PATH": "/usr/bin:/bin"])
        #expect(manifest.maxConcurrency == 1 && !manifest.isShared)
    }

    @Test(arguments: [(1, false), (2, true), (1_600, true)])
    func `says how many invocations an environment holds`(count: Int, isShared: Bool) throws {
        let manifest = try RuntimeManifest(parsing: "[runtime]\nid = a\nmax_concurrency = \(count)\n")
        #expect(manifest.maxConcurrency == count)
        #expect(manifest.isShared == isShared)
    }

    @Test(arguments: ["0", "1601", "-1", "many", "2.5", ""])
    func `refuses another number of invocations`(text: String) {
        let error = #expect(throws: RuntimeManifest.ManifestError.self) {
            try RuntimeManifest(parsing: "[runtime]\nid = a\nmax_concurrency = \(text)\n")
        }
        #expect(error?.description == "[runtime] max_concurrency must be a number from 1 to 1600, not '\(text)'")
    }

    @Test func `needs no more than an id`() throws {
        let manifest = try RuntimeManifest(parsing: "[runtime]\nid = provided.al2023\n")
        #expect(manifest.command.isEmpty)
        #expect(manifest.directory == nil)
        #expect(!manifest.isManaged)
        #expect(manifest.versionText == "provided.al2023")
    }

    @Test(arguments: [
        ("", "[runtime] id is missing"),
        ("[runtime]\nid =\n", "[runtime] id is missing"),
        ("[runtime]\nid = a\ncolour = red\n", "line 3: there is no setting 'colour' in [runtime]"),
        ("[runtime]\nid = a\n[other]\n", "there is no section [other] in a runtime manifest"),
        ("[runtime]\nid = a\nmanaged = maybe\n", "[runtime] managed must be yes or no, not 'maybe'"),
        ("[runtime\n", "line 1: a section header must end with ']'"),
    ])
    func `that is wrong says where`(text: String, reason: String) {
        let error = #expect(throws: RuntimeManifest.ManifestError.self) { try RuntimeManifest(parsing: text) }
        #expect(error?.description == reason)
    }

}

@Suite struct `A pair of keys` {
    @Test func `show nothing but the key id`() {
        let credentials = Credentials(
            accessKeyID: "AKID", secretAccessKey: "hush", sessionToken: "hush", expiration: nil)
        for text in ["\(credentials)", String(reflecting: credentials)] {
            #expect(text == "Credentials(AKID)")
        }
    }
}

@Suite struct `The name of a runtime's build` {
    @Test func `is an ARN of the region with 64 digits, the same for the same runtime`() throws {
        let region = try #require(Region("eu-west-1"))
        let arn = RuntimeVersion.arn(runtime: "python3.11", region: region)
        #expect(arn.hasPrefix("arn:aws:lambda:eu-west-1::runtime:"))
        #expect(arn.split(separator: ":").last?.utf8.count == 64)
        #expect(arn == RuntimeVersion.arn(runtime: "python3.11", region: region))
        #expect(arn != RuntimeVersion.arn(runtime: "python3.12", region: region))
    }
}
