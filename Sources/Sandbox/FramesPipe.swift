internal import CSandbox

/// The pipe for framed log records, where a sandbox is to have one. Its write end blocks, as the log pipe's does.
struct FramesPipe: ~Copyable {
    let reader: Descriptor?
    let writer: Descriptor?

    init(isWanted: Bool) throws(SystemError) {
        guard isWanted else {
            self.reader = nil
            self.writer = nil
            return
        }
        // Safety: both numbers are written, or neither.
        let pair = try unsafe Kernel.pair({ unsafe lsb_log_pipe($0, $1) }, "make the pipe for log records")
        self.reader = .some(pair.first)
        self.writer = .some(pair.second)
    }
}
