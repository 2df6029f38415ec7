import Engine
import Logging
import Server
import ServiceLifecycle
import UnixSignals
import UsageModel

/// Reads the rules anew on SIGHUP, as `tenure reload` does.
struct ReloadService: Service {
    let engine: Engine
    let supervisor: Supervisor
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do throws(QuestionError) {
                let answer = try await engine.act(.reload, by: Peer(name: "SIGHUP"))
                logger.notice("rules reloaded", metadata: ["rules_version": "\(answer["version"]?.stringValue ?? "")"])
                supervisor.status("ready; rules reloaded")
            } catch {
                logger.error("rules not reloaded, the old ones stay: \(error.detail)")
                supervisor.status("ready, but the last reload was refused: the rule file has mistakes")
            }
        }
    }
}
