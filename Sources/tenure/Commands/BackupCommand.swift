import ArgumentParser
import Glibc
import UsageModel

/// `tenure backup DIR`.
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write the log as it is now to a new directory, while the daemon works.",
        discussion: Help.text(
            "tenure backup /backups/tenure-2026-11",
            words: """
                The directory is made by the daemon, on its machine and as its user, and is synced before it gets its \
                name. It is a state directory: to restore, stop the daemon, copy it to where the state lies, and start. \
                On the same file system sealed segments are hard links and take no room; for a backup that survives \
                the disk, give a directory on another one.
                """))

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The directory to make.")
    var directory: String

    func run() throws {
        let path = try Self.absolute(directory)
        let answer = try shared.connect().post(
            RequestTarget("v1", "backup"), ["directory": .string(path)], timeoutSeconds: 0)
        switch shared.outputForm {
        case .json: StandardOutput.write(answer.text + "\n")
        case .tabSeparated: StandardOutput.write(answer.tabSeparatedPaths)
        case .terminal:
            let linked = answer.at("linked_segments")?.intValue ?? 0
            StandardOutput.write(
                "backed up through seq \(Quantity.whole(answer.at("seq")?.intValue)) to "
                    + "\(PrintableText.escaping(answer.at("directory")?.stringValue ?? path)): "
                    + "\(Quantity.count(answer.at("segments")?.intValue, "segment")), \(linked) of them linked\n")
        }
    }

    /// The daemon stands in another directory.
    private static func absolute(_ path: String) throws -> String {
        guard !path.hasPrefix("/") else { return path }
        guard let here = getcwd(nil, 0) else {
            throw CommandError(
                .failed, "this directory cannot be found: \(String(cString: strerror(errno)))",
                advice: "give a path that begins with /")
        }
        defer { free(here) }
        return String(cString: here) + "/" + path
    }
}
