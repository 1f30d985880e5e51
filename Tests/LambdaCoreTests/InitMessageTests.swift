import LambdaCore
import Testing

@Suite struct `A message to init` {
    @Test func `to start a process has length, kind, tag and strings in little-endian`() {
        let request = InitRequest.start(
            tag: 0x0102_0304, arguments: ["é"], environment: ["A=", "B"], workingDirectory: "/")
        let body: [UInt8] =
            [1, 4, 3, 2, 1] + [1, 0, 0, 0, 2, 0, 0, 0, 0xC3, 0xA9] + [
                2, 0, 0, 0, 2, 0, 0, 0, 0x41, 0x3D, 1, 0, 0, 0, 0x42,
            ]
            + [1, 0, 0, 0, 0x2F]
        #expect(request.frame == [UInt8(body.count), 0, 0, 0] + body)
    }

    @Test func `without strings is short`() {
        #expect(InitRequest.signal(tag: 7, number: 15).frame == [9, 0, 0, 0, 2, 7, 0, 0, 0, 15, 0, 0, 0])
        #expect(InitRequest.killAll.frame == [1, 0, 0, 0, 3])
        #expect(InitRequest.memory.frame == [1, 0, 0, 0, 4])
        #expect(
            InitRequest.list(tag: 7, directory: "/o").frame == [11, 0, 0, 0, 5, 7, 0, 0, 0, 2, 0, 0, 0, 0x2F, 0x6F])
        #expect(InitRequest.socket(tag: 7).frame == [5, 0, 0, 0, 6, 7, 0, 0, 0])
        #expect(InitRequest.log.frame == [1, 0, 0, 0, 7])
    }
}

@Suite struct `A message from init` {
    @Test(
        arguments: [
            ([16, 1, 0, 0, 0, 0x39, 0x30, 0, 0], .started(tag: 1, pid: 12_345)),
            ([17, 1, 0, 0, 0, 2, 0, 0, 0], .startFailed(tag: 1, errno: 2)),
            ([18, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0], .exited(tag: 2, .status(3))),
            ([18, 2, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0], .exited(tag: 2, .signal(9))),
            ([19, 0, 0, 0, 0x80, 1, 0, 0, 0], .memory(peakBytes: 0x1_8000_0000)),
            ([20], .allKilled),
            ([21, 3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0], .listed(tag: 3, errno: 2, files: [])),
            (
                [21, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0] + [1, 0, 0, 0, 0x61, 2, 0, 0, 0, 0x62, 0x63],
                .listed(tag: 3, errno: 0, files: ["a", "bc"])
            ),
            ([22, 3, 0, 0, 0, 13, 0, 0, 0], .socket(tag: 3, errno: 13)),
        ] as [([UInt8], InitEvent)])
    func `is decoded`(body: [UInt8], event: InitEvent) {
        #expect(InitEvent(body: body) == event)
        // A slice has other indices than an array.
        #expect(InitEvent(body: ([0] + body).dropFirst()) == event)
    }

    @Test(
        arguments: [
            [], [0], [15], [21], [16], [16, 1, 0, 0, 0, 1, 0, 0], [18, 2, 0, 0, 0, 0, 0, 0, 0, 3], [19, 0, 0],
            [21, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0x61], [21, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0],
            [22, 3, 0, 0, 0],
        ] as [[UInt8]])
    func `that is cut short or unknown is refused`(body: [UInt8]) {
        #expect(InitEvent(body: body) == nil)
    }
}
