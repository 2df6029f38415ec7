import Engine
import ServiceLifecycle

/// The engine's life among the services: it starts before the listeners have senders and stops after
/// the last of them has let go.
struct EngineService: Service {
    let engine: Engine

    func run() async throws {
        engine.start()
        let failure = try await cancelWhenGracefulShutdown {
            for await failure in engine.failures { return Optional(failure) }
            return nil
        }
        // Nothing more is acknowledged after a failed commit, and stopping would wait for one.
        if let failure { throw failure }
        await engine.stop()
    }
}
