import Testing

@testable import Store

private let mebibyte = 1_048_576

/// Of 4,096 bytes a page.
private func space(
    content: Int, free: Int, log: Int = 0, isIncremental: Bool = true
) -> FileSpace {
    FileSpace(
        pageBytes: 4_096, pages: (content + free) / 4_096, freePages: free / 4_096, logBytes: log,
        isIncremental: isIncremental)
}

@Suite struct `What a database does not need` {
    @Test(
        arguments: [
            (space(content: mebibyte, free: 16 * mebibyte), false),
            (space(content: mebibyte, free: 16 * mebibyte + 4_096), true),
            (space(content: 20 * mebibyte, free: 20 * mebibyte), false),
            (space(content: 20 * mebibyte, free: 20 * mebibyte + 4_096), true),
            (space(content: 0, free: 0, log: 100 * mebibyte), false),
        ])
    private func `is given back from a disk with room where it is much, and most of the file`(
        space: FileSpace, isWorth: Bool
    ) {
        #expect(space.isWorthReturning(hasRoom: true, isBusy: false) == isWorth)
        #expect(space.isWorthReturning(hasRoom: true, isBusy: true) == isWorth)
    }

    @Test(
        arguments: [
            (space(content: mebibyte, free: 0), false, false), (space(content: mebibyte, free: 4_096), true, false),
            (space(content: mebibyte, free: 0, log: 1), true, false),
            (space(content: 8 * mebibyte, free: mebibyte / 4), true, false),
            (space(content: 8 * mebibyte, free: mebibyte / 4, log: 1), true, true),
            (space(content: 8 * mebibyte, free: 0, log: 2 * mebibyte), true, true),
        ])
    private func `is given back from a full disk whole, and a quarter of a step while others wait`(
        space: FileSpace, atRest: Bool, busy: Bool
    ) {
        #expect(space.isWorthReturning(hasRoom: false, isBusy: false) == atRest)
        #expect(space.isWorthReturning(hasRoom: false, isBusy: true) == busy)
    }

    @Test func `stays where the file would have to be written anew, and its content is large`() {
        let small = space(content: mebibyte, free: 100 * mebibyte, isIncremental: false)
        #expect(small.freeBytes == 100 * mebibyte)
        let large = space(content: mebibyte + 4_096, free: 100 * mebibyte, isIncremental: false)
        #expect(large.freeBytes == 0 && !large.isWorthReturning(hasRoom: false, isBusy: false))
    }
}
