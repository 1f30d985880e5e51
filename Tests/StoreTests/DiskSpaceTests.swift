import Testing

@testable import Store

@Suite struct `Space on a disk` {
    @Test func `is no more than the disk has, and some`() throws {
        let space = try DiskSpace(at: "/tmp")
        #expect(space.total > 1_048_576)
        #expect(space.available > 0 && space.available <= space.total)
    }

    @Test func `of a path that is not there is an error`() {
        #expect(throws: SystemCallError.self) { try DiskSpace(at: "/nowhere/at/all") }
    }
}
