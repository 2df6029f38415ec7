import Foundation
import TestSupport
import Testing

/// Runs one target again and again on inputs that follow from a seed and a number alone, so that any
/// execution can be had again without those before it.
///
/// In the ordinary test suite a run is short and its seed fixed. `scripts/fuzz` sets the environment for
/// long ones.
struct FuzzRun {
    /// As `scripts/fuzz` takes it, and the name of the test function.
    let target: String
    private let seed: UInt64
    private let first: UInt64
    private let count: UInt64
    /// Asked for by the environment, so that it has the process to itself.
    let isLong: Bool

    /// `count` executions unless the environment asks for another number; about a second's worth in a debug build.
    init(_ target: String, count: UInt64) {
        func number(_ name: String) -> UInt64? {
            ProcessInfo.processInfo.environment["TENURE_FUZZ_" + name].flatMap { UInt64($0) }
        }
        self.target = target
        seed = number("SEED") ?? 1
        first = number("FIRST") ?? 0
        self.count = number("EXECUTIONS") ?? count
        isLong = number("EXECUTIONS") != nil
    }

    /// After so many faults there is nothing to learn from more.
    private static let mostFaults = 5
    /// How often a long run says that it is alive, in executions.
    private static let progressInterval: UInt64 = 1 << 20
    /// How often the watchdog is set anew, in executions, and what so many may take: seconds of processor
    /// time, so that a run may be paused. An execution that hangs is ended by SIGPROF; the note then says
    /// which one it was.
    private static let watchInterval: UInt64 = 1 << 8
    private static let watchSeconds = 120

    /// Calls `body` with a generator of its own each time. It returns what is wrong, nil when nothing is.
    func callAsFunction(_ body: (inout SeededRandom) throws -> String?) rethrows {
        let note = ExecutionNote(target: target, seed: seed)
        var faults = 0
        for index in first..<first + count {
            note?.execution = index
            if isLong, index % Self.watchInterval == 0 { Self.watch(seconds: Self.watchSeconds) }
            var mixer = SeededRandom(seed: seed)
            var random = SeededRandom(seed: mixer.next() ^ (index &* 0xD134_2543_DE82_EF95))
            if let fault = try body(&random) {
                Issue.record(
                    "\(fault)\nagain: scripts/fuzz \(target) --seed \(seed) --first \(index) --executions 1")
                faults += 1
                if faults == Self.mostFaults { break }
            }
            if isLong, (index + 1 - first) % Self.progressInterval == 0 {
                FileHandle.standardError.write(Data("\(target): \(index + 1 - first) executions\n".utf8))
            }
        }
        if isLong { Self.watch(seconds: 0) }
    }

    private static func watch(seconds: Int) {
        var timer = itimerval()
        timer.it_value.tv_sec = seconds
        precondition(setitimer(Int32(ITIMER_PROF.rawValue), &timer, nil) == 0, "no timer")
    }
}

/// The execution under way, in a file that outlives a trap: `TENURE_FUZZ_NOTE` names it.
private final class ExecutionNote {
    private let page: UnsafeMutableRawPointer

    init?(target: String, seed: UInt64) {
        guard let path = ProcessInfo.processInfo.environment["TENURE_FUZZ_NOTE"] else { return nil }
        let byteCount = 4_096
        let descriptor = open(path, O_RDWR | O_CREAT, 0o600)
        precondition(descriptor >= 0 && ftruncate(descriptor, off_t(byteCount)) == 0, "cannot write \(path)")
        defer { close(descriptor) }
        guard let page = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), page != MAP_FAILED
        else { preconditionFailure("cannot map \(path)") }
        self.page = page
    }

    var execution: UInt64 {
        get { page.load(as: UInt64.self) }
        set { page.storeBytes(of: newValue, as: UInt64.self) }
    }
}
