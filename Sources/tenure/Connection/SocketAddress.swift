import Glibc

/// Where the daemon's sockets lie.
struct SocketAddress: Sendable, Equatable {
    static let httpName = "http.sock"
    static let ingestName = "ingest.sock"

    /// The directory of both sockets.
    var directory: String
    /// As given: a socket of another name is taken at its word.
    var httpPath: String

    var ingestPath: String { directory + "/" + Self.ingestName }

    /// The sockets that `path` means: a directory that holds them, or one of the two.
    init(path: String) {
        let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        if Self.isDirectory(path) {
            self.init(directory: path)
            return
        }
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        self.init(directory: parent)
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        if name != Self.ingestName { httpPath = path }
    }

    init(directory: String) {
        self.directory = directory
        httpPath = directory + "/" + Self.httpName
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The places where `tenured` puts its sockets when nobody tells it otherwise, nearest first.
    static func usualDirectories(environment: (String) -> String?) -> [String] {
        var directories = ["./tenure-data/run"]
        if let state = environment("XDG_STATE_HOME"), !state.isEmpty {
            directories.append(state + "/tenure/run")
        } else if let home = environment("HOME"), !home.isEmpty {
            directories.append(home + "/.local/state/tenure/run")
        }
        directories.append("/run/tenured")
        return directories
    }

    /// What was asked for, else $TENURE_SOCKET, else the first usual place that has a socket.
    ///
    /// - Throws: `CommandError.unreachable`, naming every place that was looked at.
    static func find(option: String?, environment: (String) -> String?) throws -> SocketAddress {
        if let option { return SocketAddress(path: option) }
        if let variable = environment("TENURE_SOCKET"), !variable.isEmpty { return SocketAddress(path: variable) }
        let directories = usualDirectories(environment: environment)
        for directory in directories {
            let address = SocketAddress(directory: directory)
            var status = stat()
            // A place that may not be looked into is taken: connecting will say that permission is missing.
            if stat(address.httpPath, &status) == 0 || errno == EACCES { return address }
        }
        throw CommandError(
            .unreachable, "no tenured found: none of its usual sockets exists",
            advice: """
                looked in \(directories.joined(separator: ", "))
                start the daemon with `tenured`, or name its socket with --socket PATH or TENURE_SOCKET=PATH
                """)
    }
}

extension SharedOptions {
    /// The daemon's sockets as these options and the environment name them.
    func socketAddress() throws -> SocketAddress {
        try SocketAddress.find(option: socket, environment: environment(_:))
    }

    var outputForm: OutputForm { OutputForm.standardOutput(json: json) }

    /// A connection for questions.
    func connect() throws -> HTTPConnection { try HTTPConnection(address: socketAddress()) }
}
