import LambdaAPI
import LambdaCore
import TestSupport
import Testing

private let functions = "/2015-03-31/functions"

/// What a function should look like, kept by the simplest means.
private struct Model {
    var code = 2
    var timeout = 3
    /// Code and timeout of every version that is there.
    var versions: [Int: [Int]] = [:]
    var lastVersion = 0
    var revisions: Set<String> = []

    var latest: [Int] { [self.code, self.timeout] }

    /// The number that a publication gives.
    mutating func publish() -> Int {
        if self.versions[self.lastVersion] == self.latest { return self.lastVersion }
        self.lastVersion += 1
        self.versions[self.lastVersion] = self.latest
        return self.lastVersion
    }

    var codeStorage: Int { self.code + self.versions.values.reduce(0) { $0 + $1[0] } }
}

@Suite struct `A function under random changes` {
    /// Zips of 2 to 4 bytes.
    private static let zips = ["UEs=", "UEsD", "UEsDBA=="]

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `has the versions, revisions and code storage of a simple model`(seed: UInt64) async throws {
        try await TestServer.run { server in
            var generator = SplitMix64(seed: seed)
            var model = Model()
            try await server.createFunction()
            for _ in 0..<60 {
                try await Self.step(server, &model, &generator)
                let shape = try await server.configuration()
                #expect(shape["CodeSize"]?.intValue == model.code)
                #expect(shape["Timeout"]?.intValue == model.timeout)
                #expect(try await server.codeStorage() == model.codeStorage)
            }
            var listed: [Int: [Int]] = [:]
            for shape in try await Self.pages(server, "\(functions)/f/versions", "Versions", &generator).dropFirst() {
                let version = try #require(shape["Version"]?.stringValue.flatMap { Int($0) })
                listed[version] = try #require(
                    [shape["CodeSize"]?.intValue, shape["Timeout"]?.intValue] as? [Int])
            }
            #expect(listed == model.versions)
        }
    }

    private static func step(
        _ server: TestServer, _ model: inout Model, _ generator: inout SplitMix64
    ) async throws {
        let before = try await server.configuration()["RevisionId"]?.stringValue
        var isChange = true
        switch Int.random(in: 0..<5, using: &generator) {
        case 0:
            let place = Int.random(in: 0..<Self.zips.count, using: &generator)
            model.code = place + 2
            try await server.update("code", #"{"ZipFile":"\#(Self.zips[place])"}"#)
        case 1:
            model.timeout = Int.random(in: 1...3, using: &generator)
            try await server.update("configuration", #"{"Timeout":\#(model.timeout)}"#)
        case 2, 3:
            let last = model.lastVersion
            let number = model.publish()
            isChange = number != last
            let answer = try await server.publish()
            #expect(try answer.json()["Version"]?.stringValue == String(number))
        default:
            let number = Int.random(in: 1...max(1, model.lastVersion), using: &generator)
            model.versions[number] = nil
            isChange = false
            #expect(try await server.request("DELETE", "\(functions)/f?Qualifier=\(number)").status == 204)
        }
        let after = try #require(try await server.configuration()["RevisionId"]?.stringValue)
        #expect((after != before) == isChange)
        if isChange { #expect(model.revisions.insert(after).inserted, "the revision \(after) came twice") }
    }

    /// Everything that a list gives, in pages of random sizes.
    private static func pages(
        _ server: TestServer, _ path: String, _ member: String, _ generator: inout SplitMix64
    ) async throws -> [JSONObject] {
        var all: [JSONObject] = []
        var marker = ""
        repeat {
            let size = Int.random(in: 1...4, using: &generator)
            let separator = path.contains("?") ? "&" : "?"
            let page = try await server.request(
                "GET", "\(path)\(separator)MaxItems=\(size)&Marker=\(PercentEncoding.encode(marker, keepSlash: false))"
            ).json()
            let items = try #require(page[member]?.arrayValue)
            #expect(items.count <= size)
            all += items.compactMap { $0.objectValue }
            marker = page["NextMarker"]?.stringValue ?? ""
        } while !marker.isEmpty
        return all
    }

    @Test func `is listed once, whatever the pages' sizes are and whatever is deleted between them`() async throws {
        try await TestServer.run { server in
            var generator = SplitMix64(seed: 7)
            var names = Set<String>()
            while names.count < 20 {
                let length = Int.random(in: 1...3, using: &generator)
                names.insert(String((0..<length).compactMap { _ in "ab_-AZ09".randomElement(using: &generator) }))
            }
            for name in names { try await server.createFunction(name) }
            let ordered = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            for path in [functions, "\(functions)?FunctionVersion=ALL"] {
                let all = try await Self.pages(server, path, "Functions", &generator)
                #expect(all.compactMap { $0["FunctionName"]?.stringValue } == ordered)
            }
            let first = try await server.request("GET", "\(functions)?MaxItems=5").json()
            let marker = PercentEncoding.encode(try #require(first["NextMarker"]?.stringValue), keepSlash: false)
            // The item that the marker was made from is gone, and the page goes on behind where it was.
            #expect(try await server.request("DELETE", "\(functions)/\(ordered[4])").status == 204)
            let rest = try await server.request("GET", "\(functions)?Marker=\(marker)").json()
            let found = rest["Functions"]?.arrayValue?.compactMap { $0.objectValue?["FunctionName"]?.stringValue }
            #expect(found == Array(ordered[5...]))
        }
    }
}
