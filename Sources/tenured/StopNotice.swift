import Server
import ServiceLifecycle

/// Tells the service manager that the stop has begun. The last of the services, so the first to be stopped.
struct StopNotice: Service {
    let supervisor: Supervisor

    func run() async throws {
        try? await gracefulShutdown()
        supervisor.isStopping()
    }
}
