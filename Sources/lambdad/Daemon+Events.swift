internal import Engine
internal import LambdaCore
internal import Logging
internal import NIOCore
internal import ServicesEndpoint
internal import Store

/// The queue of asynchronous invocations.
extension Daemon {
    func makeEventPlane(
        sink: any InvocationSink, lookup: any FunctionLookup, settings: CurrentEventSettings,
        group: any EventLoopGroup, _ logger: Logger
    ) throws -> EventPlane {
        var sender: ServiceDeliveries?
        if let endpoint = self.configuration.servicesEndpoint {
            sender = ServiceDeliveries(
                endpoint: endpoint, serviceCredentials: try self.servicesCredentials(), group: group, time: self.time,
                timeouts: self.configuration.serviceTimeouts)
        }
        return EventPlane(
            parts: EventParts(
                store: try SQLiteEventStore(
                    path: "\(self.configuration.stateDirectory)/events.sqlite",
                    diskReserve: self.configuration.diskReserve), sink: sink,
                lookup: lookup, sender: sender, time: self.time, moments: try BootClock(time: self.time),
                alarm: EventLoopAlarm(loop: group.next()), settings: { settings.now }, logger: logger))
    }
}
