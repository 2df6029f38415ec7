import Engine
import Logging
import ServiceLifecycle
import UnixSignals

/// Reads the rules anew on SIGHUP, as `tenure reload` does.
struct ReloadService: Service {
    let engine: Engine
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do throws(QuestionError) {
                _ = try await engine.act(.reload, by: Peer(name: "SIGHUP"))
                logger.info("rules reloaded")
            } catch {
                logger.error("rules not reloaded, the old ones stay: \(error.detail)")
            }
        }
    }
}
