import Foundation
import Glibc

/// What one operation costs: processor time of the whole process, so that it hardly matters what else the machine does.
struct Measurement {
    let name: String
    /// In a round.
    let operations: Int
    /// Of one operation, by round, ascending.
    private let nanoseconds: [Double]
    /// Of one operation.
    private let allocations: Double

    private static let rounds = 15
    private static let warmUpRounds = 3

    /// Measures rounds of `operations` operations each, `prepare` before each round left out.
    init(
        _ name: String, operations: Int, prepare: () throws -> Void = {}, _ round: () throws -> Void
    ) throws {
        self.name = name
        self.operations = operations
        var nanoseconds: [Double] = []
        for number in 0..<Self.warmUpRounds + Self.rounds {
            try prepare()
            let start = Self.processorNanoseconds
            try round()
            let spent = Self.processorNanoseconds - start
            if number >= Self.warmUpRounds { nanoseconds.append(Double(spent) / Double(operations)) }
        }
        self.nanoseconds = nanoseconds.sorted()
        try prepare()
        allocations = Double(try AllocationCount.of(round).total) / Double(operations)
    }

    private static var processorNanoseconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    static let tableHead = """
        | one operation | least ns | median ns | allocations | operations a round |
        |---|---:|---:|---:|---:|
        """

    var tableRow: String {
        let median = nanoseconds[nanoseconds.count / 2]
        return String(
            format: "| \(name) | %.1f | %.1f | %.4g | %d |", nanoseconds[0], median, allocations, operations)
    }
}
