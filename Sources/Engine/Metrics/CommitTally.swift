/// Commits since the start: how long each took and how many records it made durable together.
struct CommitTally: Sendable {
    /// Seconds. From a fast disk's single flush to one that senders notice.
    private(set) var durations = Histogram(
        bounds: [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10])
    /// Powers of four up to `EngineLimits.recordsPerBlock`.
    private(set) var records = Histogram(bounds: [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536])

    mutating func note(records count: Int, took duration: Duration) {
        durations.note(duration / .seconds(1))
        records.note(Double(count))
    }
}
