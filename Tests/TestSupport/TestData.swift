public import Foundation

/// A file of real data that the repository does not carry: tests that need one are skipped where it is missing.
public struct TestData: Sendable {
    /// InfluxDB's own decode cases for its line protocol.
    public static let lineProtocolCases = TestData(name: "line-protocol-cases.json.gz")
    /// Sixteen years of a public project's work: time, company, user, task.
    public static let openStack = TestData(name: "openstack.tsv.gz")

    public let name: String

    /// In the folder that `TENURE_TEST_DATA` names, else in `shared/data` beside the package: seen from
    /// where the tests run, and from where this file stands.
    public var file: URL {
        if let folder = ProcessInfo.processInfo.environment["TENURE_TEST_DATA"] {
            return URL(filePath: folder).appending(path: name)
        }
        let running = URL(filePath: FileManager.default.currentDirectoryPath)
        let beside = running.appending(path: "../shared/data/\(name)")
        if FileManager.default.fileExists(atPath: beside.path) { return beside }
        return Repository.root.appending(path: "../shared/data/\(name)")
    }

    public var isThere: Bool { FileManager.default.fileExists(atPath: file.path) }

    /// What a skipped test says.
    public var missing: String { "\(name) is neither in ../shared/data nor in the folder that TENURE_TEST_DATA names" }

    /// The file's content without gzip.
    ///
    /// - Throws: when there is no `gzip` to run, or the file is not whole.
    public func unpacked() throws -> [UInt8] {
        let gzip = Process()
        gzip.executableURL = URL(filePath: "/usr/bin/env")
        gzip.arguments = ["gzip", "-dc", file.path]
        let output = Pipe()
        gzip.standardOutput = output
        try gzip.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        gzip.waitUntilExit()
        guard gzip.terminationStatus == 0 else { throw Damaged(file: file.path) }
        return [UInt8](data)
    }

    /// A data file that gzip does not take.
    public struct Damaged: Error {
        public let file: String
    }
}
