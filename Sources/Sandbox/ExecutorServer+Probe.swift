internal import CSandbox
internal import Glibc
internal import LambdaCore

/// Why the executor cannot make sandboxes on this machine.
package enum ProbeError: Error, Equatable, CustomStringConvertible {
    /// The answer was another one than it should have been.
    case answered(String)
    case noAnswer
    /// Init was executed and says nothing; the usual reason is a library that is not in the root.
    case initSilent
    case failed(SystemError)

    package var description: String {
        switch self {
        case .answered(let reply): "the probe sandbox was answered with \(reply)"
        case .initSilent: "init of the probe sandbox was started and does not answer"
        case .noAnswer: "the probe sandbox had no answer in time"
        case .failed(let error): "the probe sandbox could not be asked for: \(error)"
        }
    }
}

extension ExecutorServer {
    /// For making and for destroying the probe, each; more than a start's own deadline, which says what was slow.
    private static var probeDeadline: Duration { .seconds(15) }

    /// Makes a sandbox through the same path as a client's, sees its init start, and destroys it.
    package func probe() throws(ProbeError) {
        do {
            // Safety: both numbers are written, or neither.
            let pair = try unsafe Kernel.pair({ unsafe lsb_seqpacket_pair($0, $1) }, "make a socket")
            let asker = pair.first.number
            let client = try self.adopt(pair.second, uid: 0)
            defer { self.lose(client) }
            try self.probe(try self.builder.probePlan(), of: client, asker: asker)
        } catch let error as SystemError {
            throw .failed(error)
        } catch let error as ProbeError {
            throw error
        } catch {
            throw .noAnswer
        }
    }

    private func probe(_ plan: SandboxPlan, of client: UInt64, asker: Int32) throws(ProbeError) {
        self.start(plan, of: client)
        let (made, packet) = try self.answer(on: asker)
        defer { packet.closeDescriptors() }
        guard case .created(_, let port, let extras) = made,
            let descriptors = SandboxDescriptors(packet.descriptors, port: port, extras: extras)
        else { throw .answered("\(made)") }
        guard Self.initAnswers(on: descriptors.control) else { throw .initSilent }
        self.perform(.stop(plan.request.environment), of: client)
        let ended = try self.answer(on: asker).0
        guard ended == .stopped(plan.request.environment) else { throw .answered("\(ended)") }
    }

    private func answer(on socket: Int32) throws(ProbeError) -> (ExecutorReply, Packet) {
        let deadline = EventLoop.now.advanced(by: Self.probeDeadline)
        while true {
            if case .packet(let packet) = PacketSocket.receive(socket, limit: ExecutorRequest.packetLimit) {
                guard let reply = try? ExecutorReply(packet: packet.bytes) else { throw .answered("no known reply") }
                return (reply, packet)
            }
            guard EventLoop.now < deadline else { throw .noAnswer }
            do {
                try self.turn(until: deadline)
            } catch {
                throw .failed(error)
            }
        }
    }

    /// Asks for the memory figure and waits for any answer. Blocks, which hurts nobody before there are clients.
    private static func initAnswers(on control: Int32) -> Bool {
        let request = InitRequest.memory.frame
        // Safety: the array lives for the call.
        guard unsafe Glibc.write(control, request, request.count) == request.count else { return false }
        var wanted = pollfd(fd: control, events: Int16(POLLIN), revents: 0)
        // Safety: one element, as the count says.
        guard unsafe Glibc.poll(&wanted, 1, Int32(clamping: self.probeDeadline.nanoseconds / 1_000_000)) == 1 else {
            return false
        }
        return !KernelDescriptors().readAvailable(control, limit: InitRequest.frameLimit).isEmpty
    }
}
