import LambdaCore
import TestSupport
import Testing

private let root = "1-5759e988-bd862e3fe1be46a994272793"

@Suite struct `A trace header` {
    @Test(arguments: [
        "Root=\(root);Parent=53995c3f42cd8ad8;Sampled=1",
        "Root=\(root);Parent=53995c3f42cd8ad8;Sampled=0;Lineage=1:9581a8d4:0",
        "Root=\(root)",
        "Root=\(root);Sampled=1;Lineage=1:9581a8d4:3|00000001:0;Self=1-67891234-12456789abcdef012345678",
    ])
    func `comes back as it was`(header: String) { #expect(TraceContext(header)?.text == header) }

    @Test func `may have its parts in any order, with blanks`() {
        #expect(
            TraceContext("Sampled=1; Parent=53995c3f42cd8ad8; Root=\(root)")?.text
                == "Root=\(root);Parent=53995c3f42cd8ad8;Sampled=1")
    }

    @Test func `leaves the decision open where it says so, or nothing`() {
        #expect(TraceContext("Root=\(root);Sampled=?")?.isSampled == nil)
        #expect(TraceContext("Root=\(root)")?.isSampled == nil)
        #expect(TraceContext("Root=\(root);Sampled=?") != nil)
    }

    @Test(arguments: [
        "Root=1-5759e988", "Root=\(root)x", "Root=\(root);Parent=53995c3f42cd8ad",
        "Root=\(root);Parent=53995c3f42cd8adg",
        "Root=\(root);Sampled=2", "Root=\(root);Sampled", "rubbish",
        "Root=\(root);X=" + String(repeating: "x", count: 1_024),
    ])
    func `that is none is not taken`(header: String) { #expect(TraceContext(header) == nil) }

    @Test func `tells where nobody called`() {
        var trace = TraceContext(root: root, parent: TraceContext.firstSegment(of: root))
        #expect(trace.parent == "e1be46a994272793" && trace.beginsHere)
        trace.parent = "53995c3f42cd8ad8"
        #expect(!trace.beginsHere)
    }

    @Test func `of a new trace has the time in it`() {
        let root = TraceContext.newRoot(WallTime(milliseconds: 1_465_510_280_000))
        #expect(root.wholeMatch(of: /1-5759e988-[0-9a-f]{24}/) != nil)
        #expect(root != TraceContext.newRoot(WallTime(milliseconds: 1_465_510_280_000)))
        #expect(TraceContext.newSegment().wholeMatch(of: /[0-9a-f]{16}/) != nil)
    }
}

@Suite struct `The lineage of an invocation` {
    private let f = FunctionKey.named("f")
    private let g = FunctionKey.named("g")

    @Test func `begins with the function and no return to it`() {
        let header = Lineage.header("Root=\(root)", reaching: self.f)
        #expect(header.wholeMatch(of: /Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=1:[0-9a-f]{8}:0/) != nil)
    }

    @Test func `counts how often the chain came back to each function`() {
        var lineage = Lineage()
        for function in [self.f, self.g, self.f, self.f, self.g] { lineage.reached(function) }
        #expect(lineage.entries.map(\.times) == [2, 1])
        #expect(lineage.entries[0].hash != lineage.entries[1].hash)
        #expect(Lineage(lineage.text[...]) == lineage)
    }

    @Test func `is a loop at the seventeenth invocation of one function, and of no other`() {
        var lineage = Lineage()
        for _ in 1...16 {
            lineage.reached(self.f)
            #expect(!lineage.isLoop(of: self.f))
        }
        lineage.reached(self.f)
        #expect(lineage.isLoop(of: self.f) && !lineage.isLoop(of: self.g))
    }

    @Test func `is one account's and region's function`() {
        let other = FunctionKey(account: .standard, region: Region("eu-west-1") ?? .standard, name: self.f.name)
        var lineage = Lineage()
        lineage.reached(self.f)
        lineage.reached(other)
        #expect(lineage.entries.count == 2)
    }

    @Test func `also has the older form without a version`() {
        #expect(Lineage("a87bd80c:0|68fd508a:5|c512fbe3:2")?.entries.map(\.times) == [0, 5, 2])
    }

    @Test(arguments: [
        "", "1:", "1:9581a8d4", "2:9581a8d4:0", "9581a8d4", "9581a8d4:x", "9581a8d4:-1", "9581a8d:1", "9581a8d4:0|",
        "9581a8d4:99999", "9581a8dg:0", (0...32).map { _ in "9581a8d4:0" }.joined(separator: "|"),
    ])
    func `of another form is not counted on`(text: String) {
        #expect(Lineage(text[...]) == nil)
        #expect(TraceContext("Root=\(root);Lineage=\(text)")?.lineage == nil)
    }

    @Test func `forgets the first of very many functions, and never grows without end`() {
        var lineage = Lineage()
        for number in 0..<100 { lineage.reached(.named("f\(number)")) }
        #expect(lineage.entries.count == 32 && Lineage(lineage.text[...]) == lineage)
        for _ in 0..<20_000 { lineage.reached(.named("f99")) }
        #expect(Lineage(lineage.text[...]) == lineage)
    }

    @Test func `leaves a header that is none alone`() {
        #expect(Lineage.header("rubbish", reaching: self.f) == "rubbish")
    }
}

@Suite struct `The sampling of traces` {
    private let f = FunctionKey.named("f")
    private let now = WallTime(milliseconds: 1_543_331_445_900)

    /// What the invocations at these moments, in milliseconds, are; chance says no.
    private func sampled(_ invocations: [(FunctionKey, Int)]) -> [Bool] {
        var sampling = TraceSampling()
        return invocations.map { function, time in
            sampling.invoked(function, at: self.now.advanced(by: .milliseconds(time)), draw: { 0.99 })
        }
    }

    @Test func `takes the first of each second of each function, and asks chance about the others`() {
        #expect(
            self.sampled([(self.f, 0), (self.f, 0), (.named("g"), 0), (self.f, 99), (self.f, 100)])
                == [true, false, true, false, true])
    }

    @Test(arguments: [(0.0, true), (0.049, true), (0.05, false), (0.5, false)])
    func `takes five percent of the others`(draw: Double, isSampled: Bool) {
        var sampling = TraceSampling()
        _ = sampling.invoked(self.f, at: self.now, draw: { 1 })
        let next = sampling.invoked(self.f, at: self.now, draw: { draw })
        #expect(next == isSampled)
    }

    @Test func `has the rates that it is given`() {
        var sampling = TraceSampling(.init(requestsPerSecond: 2, percent: 50))
        let first = (1...3).map { _ in sampling.invoked(self.f, at: self.now, draw: { 0.5 }) }
        #expect(first == [true, true, false])
        let half = sampling.invoked(self.f, at: self.now, draw: { 0.49 })
        #expect(half)
        var silent = TraceSampling(.init(requestsPerSecond: 0, percent: 0))
        let none = silent.invoked(self.f, at: self.now, draw: { 0 })
        #expect(!none)
    }
}
