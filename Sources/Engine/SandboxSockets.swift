internal import LambdaCore
internal import NIOCore

/// Gets sockets inside the sandbox's network from its init, one after the other. Bound to the environment's event loop.
final class SandboxSockets {
    private let passing: any DescriptorPassing
    private let reader: any DescriptorReader
    private weak var control: InitChannel?
    private var waiting: [(Int32?) -> Void] = []
    /// Our end of the carrier over which the next one comes.
    private var carrier: Int32?
    private var tag: UInt32 = 0

    init(passing: any DescriptorPassing, reader: any DescriptorReader, control: InitChannel) {
        self.passing = passing
        self.reader = reader
        self.control = control
    }

    deinit { if let carrier = self.carrier { self.reader.close(carrier) } }

    /// `body` gets a socket that it owns, or `nil` where there is none now; at once or later, unless this is closed before.
    func request(_ body: @escaping (Int32?) -> Void) {
        self.waiting.append(body)
        if self.waiting.count == 1 { self.ask() }
    }

    func reported(tag: UInt32, errno number: Int32) {
        guard tag == self.tag, let carrier = self.carrier else { return }
        self.carrier = nil
        let socket = number == 0 ? self.passing.receive(from: carrier) : nil
        self.reader.close(carrier)
        self.answer(socket)
    }

    /// Nobody is answered any more.
    func close() {
        self.waiting = []
        if let carrier = self.carrier { self.reader.close(carrier) }
        self.carrier = nil
    }

    private func ask() {
        self.tag &+= 1
        guard let control = self.control, let (ours, theirs) = self.passing.carrier() else { return self.answer(nil) }
        let isSent = control.send(.socket(tag: self.tag), with: theirs, by: self.passing)
        self.reader.close(theirs)
        guard isSent else {
            self.reader.close(ours)
            return self.answer(nil)
        }
        self.carrier = ours
    }

    private func answer(_ socket: Int32?) {
        guard !self.waiting.isEmpty else {
            if let socket { self.reader.close(socket) }
            return
        }
        let first = self.waiting.removeFirst()
        first(socket)
        if !self.waiting.isEmpty, self.carrier == nil { self.ask() }
    }
}
