import Glibc
import Synchronization

/// Tells the service manager how the daemon is doing: one datagram a notice to the socket that it
/// names in $NOTIFY_SOCKET (sd_notify(3)). Without a service manager nothing is sent.
///
/// For any thread. No notice can fail the daemon: whoever runs it learns less then, that is all.
public final class Supervisor: Sendable {
    /// How often the writer must show that it lives: half of what the service manager waits, as
    /// sd_watchdog_enabled(3) recommends. Nil when it does not wait for that.
    public let livenessMilliseconds: Int64?

    private let address: [UInt8]
    private let descriptor: CInt
    private let pace = Mutex(Pace())

    private struct Pace {
        var lastProgress: ContinuousClock.Instant?
        var lastSign: ContinuousClock.Instant?
    }

    /// A notice of progress more often than this is read by nobody.
    private static let progressInterval = Duration.milliseconds(500)
    /// How long a start may take after the last sign of progress: opening a large log and its rules stand
    /// before and behind the replay.
    private static let startExtension = Duration.seconds(180)

    /// Reads and removes what the service manager put into the environment, so that children do not speak for us.
    public convenience init(environment: [String: String]) { self.init(environment: environment, process: getpid()) }

    init(environment: [String: String], process: pid_t) {
        let place = environment["NOTIFY_SOCKET"] ?? ""
        for variable in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(variable) }
        // systemd writes an abstract socket's first byte, a NUL, as `@`.
        address = place.hasPrefix("@") ? [0] + place.utf8.dropFirst() : Array(place.utf8)
        let isUsable = place.hasPrefix("/") || place.hasPrefix("@")
        descriptor = isUsable ? socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0) : -1
        livenessMilliseconds = isUsable ? Self.liveness(environment, process) : nil
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// sd_watchdog_enabled(3): $WATCHDOG_PID, where it is set, must be this process.
    private static func liveness(_ environment: [String: String], _ process: pid_t) -> Int64? {
        if let owner = environment["WATCHDOG_PID"], pid_t(owner) != process { return nil }
        return environment["WATCHDOG_USEC"].flatMap { Int64($0) }.map { max($0 / 2_000, 1) }
    }

    /// The log was replayed through `seq` of `last`. Asks for more time, since a long log takes long.
    public func replayed(_ seq: UInt64, of last: UInt64) {
        guard isDue(\.lastProgress, after: Self.progressInterval) else { return }
        let percent = last > 0 ? Int(Double(seq) / Double(last) * 100) : 100
        let microseconds = Self.startExtension / .microseconds(1)
        send("STATUS=replaying \(percent) % (\(seq) of \(last))\nEXTEND_TIMEOUT_USEC=\(Int64(microseconds))")
    }

    /// Recovered and listening everywhere.
    public func isReady(_ status: String) { send("READY=1\nSTATUS=\(status)", isEssential: true) }

    /// What `systemctl status` shows in its line `Status:`.
    public func status(_ text: String) { send("STATUS=\(text)") }

    /// The stop has begun.
    public func isStopping() { send("STOPPING=1\nSTATUS=stopping: settling what was taken", isEssential: true) }

    /// Called by the writer between two turns; sends as often as the watchdog needs it.
    public func isAlive() {
        guard let livenessMilliseconds, isDue(\.lastSign, after: .milliseconds(livenessMilliseconds / 2)) else {
            return
        }
        send("WATCHDOG=1")
    }

    private func isDue(
        _ last: any WritableKeyPath<Pace, ContinuousClock.Instant?> & Sendable, after interval: Duration
    ) -> Bool {
        let now = ContinuousClock.now
        return pace.withLock { pace in
            if let before = pace[keyPath: last], now - before < interval { return false }
            pace[keyPath: last] = now
            return true
        }
    }

    /// - Parameter isEssential: waits when the service manager's queue is full.
    private func send(_ notice: String, isEssential: Bool = false) {
        guard descriptor >= 0 else { return }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        guard address.count < MemoryLayout.size(ofValue: name.sun_path) else { return }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: address) }
        let length = (MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2) + address.count
        let flags = CInt(MSG_NOSIGNAL) | (isEssential ? 0 : CInt(MSG_DONTWAIT))
        var notice = notice
        notice.withUTF8 { bytes in
            withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = sendto(descriptor, bytes.baseAddress, bytes.count, flags, $0, socklen_t(length))
                }
            }
        }
    }
}
