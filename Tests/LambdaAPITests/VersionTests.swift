import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let functions = "/2015-03-31/functions"
private let arn = "arn:aws:lambda:us-east-1:123456789012:function:f"

extension TestServer {
    func publish(_ body: String = "{}", function: String = "f") async throws -> TestAnswer {
        try await self.request("POST", "\(functions)/\(function)/versions", body: body)
    }

    /// Updates and waits until the update is done.
    func update(_ part: String, _ body: String, function: String = "f") async throws {
        let answer = try await self.request("PUT", "\(functions)/\(function)/\(part)", body: body)
        try #require(answer.status == 200, "\(answer.text)")
        try await self.latestChanged()
    }

    /// Returns once the invocation plane was told of a `$LATEST`.
    func latestChanged() async throws {
        while true {
            guard case .changed(let record) = try #require(await self.sink.nextEvent()) else { continue }
            if record.isLatest { return }
        }
    }

    func configuration(_ function: String = "f") async throws -> JSONObject {
        try await self.request("GET", "\(functions)/\(function)/configuration").json()
    }

    /// Puts an alias past the API of aliases.
    func put(alias name: String, version: String, weights: [String: Double] = [:]) async throws {
        let record = AliasRecord(
            function: try TestServer.key(), name: name, version: version, summary: "", additionalWeights: weights,
            revisionID: "r")
        try await self.store.write { try $0.put(record) }
        try await self.api.loadFunctions()
    }

    func codeStorage() async throws -> Int? {
        let key = try TestServer.key()
        return try await self.store.read { try $0.resource(FunctionProperties.self, at: key.address)?.codeStorage }
    }
}

@Suite struct `PublishVersion` {
    @Test func `answers a version that is active, with its number in the ARN and a description of its own`()
        async throws
    {
        try await TestServer.run { server in
            try await server.createFunction(extra: #","Description":"latest""#)
            let answer = try await server.publish(#"{"Description":"first"}"#)
            #expect(answer.status == 201, "\(answer.text)")
            let shape = try answer.json()
            #expect(shape["FunctionArn"]?.stringValue == "\(arn):1")
            #expect(shape["Version"]?.stringValue == "1")
            #expect(shape["Description"]?.stringValue == "first")
            #expect(shape["State"]?.stringValue == "Active")
            #expect(shape["LastUpdateStatus"]?.stringValue == "Successful")
            #expect(shape["SnapStart"] == .object(["ApplyOn": .string("None"), "OptimizationStatus": .string("Off")]))
            #expect(try await server.configuration()["Description"]?.stringValue == "latest")
            #expect(try await server.configuration("f:1")["Description"]?.stringValue == "first")
        }
    }

    @Test func `gives version and $LATEST a new revision each`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            #expect(try await server.configuration()["RevisionId"]?.stringValue == "revision-2")
            #expect(try await server.publish().json()["RevisionId"]?.stringValue == "revision-3")
            #expect(try await server.configuration()["RevisionId"]?.stringValue == "revision-4")
            #expect(try await server.configuration("f:1")["RevisionId"]?.stringValue == "revision-3")
        }
    }

    @Test(arguments: ["{}", #"{"Description":"another"}"#])
    func `gives the last version back where nothing has changed`(body: String) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let first = try await server.publish(#"{"Description":"first"}"#)
            let before = try await server.configuration()
            let second = try await server.publish(body)
            #expect(second.status == 201)
            #expect(second.text == first.text)
            #expect(try await server.configuration() == before)
        }
    }

    @Test(arguments: [
        ("code", #"{"ZipFile":"UEsDBA=="}"#, "2"), ("configuration", #"{"Timeout":7}"#, "2"),
        ("configuration", #"{"Description":"d"}"#, "2"),
        // As AWS says: what is the same as before is no change, however often it is written.
        ("code", #"{"ZipFile":"UEs="}"#, "1"), ("configuration", #"{"Timeout":3}"#, "1"),
    ]) func `counts on where the code or the configuration has changed`(
        part: String, change: String, version: String
    ) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            _ = try await server.publish()
            try await server.update(part, change)
            #expect(try await server.publish().json()["Version"]?.stringValue == version)
        }
    }

    @Test func `never gives a number twice`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            for number in 1...3 {
                #expect(try await server.publish().json()["Version"]?.stringValue == String(number))
                #expect(try await server.request("DELETE", "\(functions)/f?Qualifier=\(number)").status == 204)
            }
            #expect(try await server.request("DELETE", "\(functions)/f").status == 204)
            try await server.createFunction()
            #expect(try await server.publish().json()["Version"]?.stringValue == "1")
        }
    }

    @Test func `checks hash and revision before it publishes`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            let hash = try await server.publish(#"{"CodeSha256":"somenonexistentsha256"}"#)
            #expect(hash.status == 400)
            #expect(
                hash.text
                    == #"{"Type":"User","message":"CodeSHA256 (somenonexistentsha256) is different from current CodeSHA256 in $LATEST (sha2). Please try again with the CodeSHA256 in $LATEST."}"#
            )
            let revision = try await server.publish(#"{"RevisionId":"revision-1"}"#)
            #expect(revision.status == 412)
            #expect(
                revision.text
                    == #"{"Type":"User","message":"The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id"}"#
            )
            let good = try await server.publish(#"{"CodeSha256":"sha2","RevisionId":"revision-2"}"#)
            #expect(good.status == 201, "\(good.text)")
            #expect(try await server.publish(function: "g").status == 404)
        }
    }

    @Test func `waits for no creation or update`() async throws {
        let store = MemoryStore()
        var record = FunctionRecord(
            key: try TestServer.key(), role: "r", runtime: "python3.11", handler: "a.b",
            code: CodeReference(digest: "d", base64: "s", size: 1), lastModified: ManualTime.start)
        try await store.put(record)
        try await TestServer.run(store: store) { server in
            let pending = try await server.publish()
            #expect(pending.status == 409)
            #expect(pending.text.contains("The function is currently in the following state: Pending"))
        }
        record.state = .active
        record.updateStatus = .inProgress
        try await store.put(record)
        try await TestServer.run(store: store) { server in
            let busy = try await server.publish()
            #expect(busy.status == 409)
            #expect(busy.text.contains("An update is in progress for resource: \(arn)"))
        }
    }

    @Test func `tells the invocation plane of the version, and of nothing else`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            _ = try await server.publish()
            guard case .changed(let version) = await server.sink.nextEvent() else {
                Issue.record("the sink was not told")
                return
            }
            // $LATEST has a new revision id, which is nothing that an environment is made from.
            #expect(version.version == "1" && version.generation == 2 && version.state == .active)
            #expect(try await server.request("DELETE", "\(functions)/f?Qualifier=1").status == 204)
            #expect(await server.sink.nextEvent() == .versionDeleted(version.versionKey))
        }
    }

    @Test func `turns SnapStart on for the version`() async throws {
        try await TestServer.run { server in
            try await server.createFunction(
                extra: #","Runtime":"python3.13","SnapStart":{"ApplyOn":"PublishedVersions"}"#)
            func status(_ shape: JSONObject) -> String? {
                shape["SnapStart"]?.objectValue?["OptimizationStatus"]?.stringValue
            }
            #expect(status(try await server.configuration()) == "Off")
            #expect(status(try await server.publish().json()) == "On")
        }
    }
}

@Suite struct `Publish in a request` {
    @Test func `that creates answers version 1 under the function's own ARN, and finishes both`() async throws {
        try await TestServer.run { server in
            let answer = try await server.request(
                "POST", functions, body: TestServer.createBody(extra: #","Publish":true"#))
            #expect(answer.status == 201, "\(answer.text)")
            let shape = try answer.json()
            #expect(shape["Version"]?.stringValue == "1")
            #expect(shape["FunctionArn"]?.stringValue == arn)
            #expect(shape["State"]?.stringValue == "Pending")
            try await server.latestChanged()
            _ = await server.sink.nextEvent()
            for name in ["f", "f:1"] {
                let stored = try await server.configuration(name)
                #expect(stored["State"]?.stringValue == "Active")
                #expect(stored["LastUpdateStatus"]?.stringValue == "Successful")
            }
            #expect(try await server.publish().json()["Version"]?.stringValue == "1")
        }
    }

    @Test func `that updates the code answers the version, or the last one where nothing changed`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            for (zip, version) in [("UEsDBA==", "1"), ("UEsDBA==", "1"), ("UEs=", "2")] {
                let answer = try await server.request(
                    "PUT", "\(functions)/f/code", body: #"{"ZipFile":"\#(zip)","Publish":true}"#)
                #expect(answer.status == 200, "\(answer.text)")
                let shape = try answer.json()
                #expect(shape["Version"]?.stringValue == version)
                #expect(shape["FunctionArn"]?.stringValue == "\(arn):\(version)")
                #expect(shape["State"]?.stringValue == "Active")
                try await server.latestChanged()
            }
        }
    }
}

@Suite struct `ListVersionsByFunction` {
    @Test func `begins with $LATEST and goes on by number, page by page`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            for timeout in 1...12 {
                try await server.update("configuration", #"{"Timeout":\#(timeout + 100)}"#)
                _ = try await server.publish()
            }
            var seen: [String] = []
            var query = "MaxItems=5"
            var pages = 0
            while true {
                let page = try await server.request("GET", "\(functions)/f/versions?\(query)").json()
                pages += 1
                for shape in page["Versions"]?.arrayValue ?? [] {
                    let version = try #require(shape.objectValue?["Version"]?.stringValue)
                    #expect(shape.objectValue?["FunctionArn"]?.stringValue == "\(arn):\(version)")
                    #expect(shape.objectValue?["State"] == nil)
                    seen.append(version)
                }
                guard let marker = page["NextMarker"]?.stringValue else { break }
                query = "MaxItems=5&Marker=\(PercentEncoding.encode(marker, keepSlash: false))"
            }
            #expect(seen == ["$LATEST"] + (1...12).map { String($0) })
            #expect(pages == 3)
            #expect(try await server.request("GET", "\(functions)/g/versions").status == 404)
            #expect(try await server.request("GET", "\(functions)/f/versions?Marker=YQ%3D%3D").status == 400)
        }
    }

    @Test func `is what ListFunctions names with ALL`() async throws {
        try await TestServer.run { server in
            for name in ["b", "a"] {
                try await server.createFunction(name)
                _ = try await server.publish(function: name)
                _ = await server.sink.nextEvent()
            }
            var seen: [String] = []
            var marker = ""
            repeat {
                let page = try await server.request(
                    "GET", "\(functions)?FunctionVersion=ALL&MaxItems=1&Marker=\(marker)"
                ).json()
                seen += (page["Functions"]?.arrayValue ?? []).compactMap {
                    $0.objectValue?["FunctionArn"]?.stringValue
                }
                marker = page["NextMarker"]?.stringValue.map { PercentEncoding.encode($0, keepSlash: false) } ?? ""
            } while !marker.isEmpty
            let prefix = "arn:aws:lambda:us-east-1:123456789012:function:"
            #expect(seen == ["a:$LATEST", "a:1", "b:$LATEST", "b:1"].map { prefix + $0 })
            #expect(try await server.request("GET", "\(functions)?MasterRegion=ALL").text == #"{"Functions":[]}"#)
            let wrong = try await server.request("GET", "\(functions)?FunctionVersion=invalid")
            #expect(
                wrong.text.contains(
                    "Value 'invalid' at 'functionVersion' failed to satisfy constraint: Member must satisfy enum value set: [ALL]"
                ))
        }
    }
}

@Suite struct `A version` {
    @Test func `keeps what it was published with`() async throws {
        try await TestServer.run { server in
            try await server.createFunction(extra: #","Environment":{"Variables":{"AB":"1"}}"#)
            let published = try await server.publish().text
            try await server.update("code", #"{"ZipFile":"UEsDBA=="}"#)
            try await server.update("configuration", #"{"Environment":{},"Timeout":9}"#)
            #expect(try await server.request("GET", "\(functions)/f/configuration?Qualifier=1").text == published)
        }
    }

    @Test func `is read through its number, its ARN and an alias, with the qualifier in the ARN`() async throws {
        try await TestServer.run { server in
            try await server.createFunction(extra: #","Tags":{"k":"v"}"#)
            _ = try await server.publish()
            try await server.put(alias: "live", version: "1")
            let encoded = PercentEncoding.encode(arn, keepSlash: false)
            for (path, qualifier) in [
                ("f?Qualifier=1", "1"), ("\(encoded)%3A1", "1"), ("123456789012%3Afunction%3Af%3Alive", "live"),
                ("f?Qualifier=live", "live"), ("f:live?Qualifier=live", "live"),
            ] {
                let answer = try await server.request("GET", "\(functions)/\(path)").json()
                let shape = try #require(answer["Configuration"]?.objectValue)
                #expect(shape["FunctionArn"]?.stringValue == "\(arn):\(qualifier)")
                #expect(shape["Version"]?.stringValue == "1")
                #expect(answer["Tags"] == .object(["k": .string("v")]))
                let location = answer["Code"]?.objectValue?["Location"]?.stringValue
                #expect(location?.hasPrefix("http://localhost/_lambdad/code/digest2?") == true)
            }
            let mismatch = try await server.request("GET", "\(functions)/f:live?Qualifier=1")
            #expect(
                mismatch.text
                    == #"{"Type":"User","message":"The derived qualifier from the function name does not match the specified qualifier."}"#
            )
        }
    }

    @Test(arguments: [("live", "1", [:]), ("two", "$LATEST", ["1": 0.5])] as [(String, String, [String: Double])])
    func `stays while an alias refers to it`(alias: String, version: String, weights: [String: Double]) async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            _ = try await server.publish()
            try await server.put(alias: alias, version: version, weights: weights)
            let answer = try await server.request("DELETE", "\(functions)/f?Qualifier=1")
            #expect(answer.status == 409)
            #expect(answer.text == #"{"Type":"User","message":"Version 1 is referenced by alias \#(arn):\#(alias)"}"#)
            #expect(try await server.request("GET", "\(functions)/f?Qualifier=1").status == 200)
        }
    }

    @Test func `counts into the code storage until it is deleted`() async throws {
        try await TestServer.run { server in
            try await server.createFunction()
            #expect(try await server.codeStorage() == 2)
            _ = try await server.publish()
            #expect(try await server.codeStorage() == 4)
            try await server.update("code", #"{"ZipFile":"UEsDBA=="}"#)
            #expect(try await server.codeStorage() == 6)
            try await server.update("configuration", #"{"Timeout":9}"#)
            #expect(try await server.codeStorage() == 6)
            _ = try await server.publish()
            #expect(try await server.codeStorage() == 10)
            _ = try await server.request("DELETE", "\(functions)/f?Qualifier=1")
            #expect(try await server.codeStorage() == 8)
        }
    }
}
