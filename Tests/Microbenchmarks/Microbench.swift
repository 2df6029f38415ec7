import Foundation

/// `microbench` prints what parts of the hot path cost; `microbench --check-allocations` fails when an ingested event
/// allocates.
@main
struct Microbench {
    static func main() async throws {
        switch CommandLine.arguments.dropFirst() {
        case []: try await Benchmarks.run()
        case ["--check-allocations"]: try await checkAllocations()
        default:
            complain("usage: microbench [--check-allocations]")
            exit(2)
        }
    }

    private static func checkAllocations() async throws {
        let complaints = try await AllocationCheck.complaints()
        for complaint in complaints { complain("microbench: \(complaint)") }
        guard complaints.isEmpty else {
            complain("microbench: names come by way of `swift demangle`, and for microbench+0x… from `addr2line -fe`")
            exit(1)
        }
    }

    private static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
