import Engine
import LambdaCore
import Lifecycle
import Testing

@Suite struct `The engine's settings` {
    @Test func `name no endpoint where none is configured`() {
        #expect(EngineSettings().endpointURL == nil)
        #expect(EngineSettings(network: .host).endpointURL == nil)
    }

    @Test func `name the endpoint by the address that it has inside`() {
        let inside = EngineSettings(servicesPort: 4566, servicesURL: "http://127.0.0.1:4566")
        #expect(inside.endpointURL == "http://169.254.100.2:4566")
        let host = EngineSettings(network: .host, servicesPort: 4566, servicesURL: "http://127.0.0.1:4566")
        #expect(host.endpointURL == "http://127.0.0.1:4566")
    }

    @Test func `are replaced whole by a reload`() {
        let current = CurrentSettings(EngineSettings())
        let changed = EngineSettings(lifecycle: .init(keepalive: .zero), concurrentExecutions: 7)
        current.replace(with: changed)
        #expect(current.now == changed)
    }

    @Test func `let an environment retire before the credentials that it asks for end`() {
        let settings = EngineSettings()
        let longest = Duration.seconds(Limits.functionTimeout.upperBound)
        #expect(settings.maximumAge + longest < settings.credentialsDuration)
    }
}
