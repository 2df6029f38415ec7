public import Foundation

/// Where the tests find the files that belong to them.
public enum Repository {
    public static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Whether this run writes down what is instead of comparing with what should be.
    public static let writesGolden = ProcessInfo.processInfo.environment["WRITE_GOLDEN"] != nil
}
