// swift-tools-version: 6.1
import PackageDescription

// Every target is compiled in Swift 6 language mode, so data races are compile errors. CI adds
// `-Xswiftc -warnings-as-errors` through scripts/test; it is not set here because SwiftPM would
// then refuse the package as a dependency.
let strict: [SwiftSetting] = [
    // `any P` must be spelled out: an existential costs an allocation and a reader should see it.
    .enableUpcomingFeature("ExistentialAny"),
    // Imports are internal unless a target means to re-export; keeps the walls between targets.
    .enableUpcomingFeature("InternalImportsByDefault"),
    // A member is visible only where its module is imported.
    .enableUpcomingFeature("MemberImportVisibility"),
    // Debug builds, and so all tests, check at run time that no two accesses to a class's property overlap. The
    // writer is one class with one thread: there the checks were 8 % of all instructions of an ingested event.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
    // Generic functions of one target, such as a look-up of names of any kind, are compiled for each use in another: 5 %
    // of all instructions of an ingested event.
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

func target(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], data folder: String? = nil) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], exclude: folder.map { [$0] } ?? [],
        swiftSettings: strict)
}

let package = Package(
    name: "tenure",
    products: [
        .executable(name: "tenured", targets: ["tenured"]),
        .executable(name: "tenure", targets: ["tenure"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C libraries.
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CHash"),
        .target(name: "CGlibc"),
        .target(name: "CMappedFiles"),
        .target(name: "CMemory"),
        .target(name: "CScan"),

        // Pure: no I/O, no clock.
        target("UsageModel", ["CHash", "CMemory", "CScan"]),
        target("WireFormat", ["CScan", "UsageModel"]),
        target("Clients", ["UsageModel", "WireFormat"]),
        target("Portraits", ["UsageModel"]),
        target("Rules", ["UsageModel", "Portraits"]),
        target("RulesFile", ["Rules", "UsageModel", .product(name: "Yams", package: "Yams")]),
        target("Simulation", ["UsageModel"]),

        // Packed data, for files and for requests.
        target("Gzip", ["CZlib"]),

        // Storage.
        target("LMDB", ["CLMDB"]),
        target("EventLog", ["LMDB", "CGlibc", "CMappedFiles", "CZstd", "UsageModel"]),

        // The writer, and what stands around it.
        target("Engine", ["EventLog", "Portraits", "Rules", "RulesFile", "UsageModel", "WireFormat"]),
        target(
            "Server",
            [
                "Clients", "Engine", "Gzip", "UsageModel", "WireFormat",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        program(
            "tenured",
            [
                "Clients", "Engine", "EventLog", "Portraits", "Rules", "RulesFile", "Server",
                "UsageModel",
                "WireFormat",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ]),
        program(
            "tenure",
            [
                "Engine", "EventLog", "Gzip", "Rules", "RulesFile", "Simulation", "UsageModel", "WireFormat",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // Tests, a target each, what they share, and Tests/BlackBox, which drives the built programs.
        .target(
            name: "TestSupport", dependencies: ["EventLog", "UsageModel"], path: "Tests/TestSupport",
            swiftSettings: strict),
        tests("UsageModelTests", ["UsageModel", "CHash"]),
        tests("WireFormatTests", ["UsageModel", "WireFormat"]),
        tests("ClientsTests", ["Clients", "UsageModel", "WireFormat"]),
        tests("GzipTests", ["Gzip"]),
        tests("LMDBTests", ["LMDB"]),
        tests("EventLogTests", ["EventLog", "LMDB", "UsageModel"]),
        tests("PortraitsTests", ["Portraits", "UsageModel"]),
        tests("RulesTests", ["Portraits", "Rules", "UsageModel"]),
        tests("RulesFileTests", ["Portraits", "Rules", "RulesFile", "UsageModel"], data: "Fixtures"),
        tests("SimulationTests", ["Simulation", "UsageModel"]),
        tests("EngineTests", ["Engine", "EventLog", "Portraits", "Rules", "UsageModel", "WireFormat"]),
        tests(
            "ServerTests",
            [
                "Clients", "Engine", "Portraits", "Server", "UsageModel", "WireFormat", "tenured",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        tests(
            "FuzzTests", ["Clients", "EventLog", "Portraits", "Rules", "RulesFile", "UsageModel", "WireFormat"],
            data: "Corpus"),
        tests(
            "tenureTests",
            [
                "tenure", "UsageModel", "WireFormat",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], data: "Fixtures"),

        // What parts of the hot path cost (scripts/bench micro), and that it allocates nothing (scripts/test).
        .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
        .executableTarget(
            name: "microbench",
            dependencies: [
                "AllocationCounter", "Engine", "EventLog", "Portraits", "Rules", "RulesFile", "Simulation",
                "TestSupport", "UsageModel", "WireFormat",
            ],
            path: "Tests/Microbenchmarks", swiftSettings: strict,
            // So that the check can name the functions that allocated.
            linkerSettings: [.unsafeFlags(["-Xlinker", "--export-dynamic"])]),
    ],
    swiftLanguageModes: [.v6]
)

// `TENURE_TESTS=FuzzTests,EventLogTests` leaves the other tests out, so that scripts/fuzz and
// scripts/sanitize build only what those need (`--product tenurePackageTests`).
if let wanted = Context.environment["TENURE_TESTS"]?.split(separator: ",") {
    package.targets.removeAll { $0.isTest && !wanted.contains(Substring($0.name)) }
}
