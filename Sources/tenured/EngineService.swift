import Engine
import Glibc
import ServiceLifecycle

/// The engine's life among the services: it starts before the listeners have senders and stops after
/// the last of them has let go.
struct EngineService: Service {
    let engine: Engine

    func run() async throws {
        engine.start()
        await withTaskGroup { group in
            group.addTask {
                for await failure in engine.failures { Self.end(StopReason(failure)) }
            }
            group.addTask {
                // Cancelled or asked to stop: both mean the end.
                try? await gracefulShutdown()
                await engine.stop()
            }
        }
    }

    /// Ends the process where it stands. After a failed commit the writer answers nobody, so no listener
    /// could end in peace: requests would wait for ever, and an HTTP listener that is cancelled with
    /// open connections traps. Nothing is lost by it: what was acked is on the disk.
    private static func end(_ reason: StopReason) -> Never {
        reason.complain()
        _exit(reason.exitCode)
    }
}
