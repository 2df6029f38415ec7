import Foundation

/// Where the tests find the files that belong to them.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    /// Whether this run writes down what is instead of comparing with what should be.
    static let writesGolden = ProcessInfo.processInfo.environment["WRITE_GOLDEN"] != nil
}
