import Engine
import ServiceLifecycle

/// The engine's life among the services: it starts before the listeners have senders and stops after
/// the last of them has let go.
struct EngineService: Service {
    let engine: Engine

    func run() async throws {
        engine.start()
        let failure = await withTaskGroup(of: EngineError?.self) { group in
            group.addTask {
                for await failure in engine.failures { return failure }
                return nil
            }
            group.addTask {
                // Cancelled or asked to stop: both mean the end.
                try? await gracefulShutdown()
                await engine.stop()
                return nil
            }
            var failure: EngineError?
            for await ended in group {
                guard let ended else { continue }
                failure = ended
                group.cancelAll()
            }
            return failure
        }
        if let failure { throw failure }
    }
}
