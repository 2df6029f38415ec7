import Glibc
import Server

/// From the settings that say who may do what to names and tokens that hold on this machine.
enum ConfiguredAccess {
    /// systemd.exec(5): LoadCredential= puts a file of this name into $CREDENTIALS_DIRECTORY.
    private static let credential = "http-tokens"
    /// Enough for a line of /etc/group with some hundred members.
    private static let entryBytes = 16_384

    static func policy(_ configuration: Configuration, environment: [String: String]) throws(ConfigurationError)
        -> AccessPolicy
    {
        var policy = AccessPolicy()
        if let name = configuration.changeGroup {
            guard let id = groupID(name) else {
                throw ConfigurationError(
                    "http.change_group: this machine has no group \"\(name)\"; make it with `groupadd --system \(name)`"
                )
            }
            policy.changeGroup = AccessPolicy.Group(name: name, id: id)
        }
        if let file = tokensFile(configuration, environment) { policy.tokens = try tokens(file) }
        return policy
    }

    /// What is named, else what systemd passes.
    static func tokensFile(_ configuration: Configuration, _ environment: [String: String]) -> String? {
        if let named = configuration.tokensFile { return named }
        guard let directory = environment["CREDENTIALS_DIRECTORY"] else { return nil }
        let path = directory + "/" + credential
        return Places.fileExists(path) ? path : nil
    }

    private static func tokens(_ path: String) throws(ConfigurationError) -> AccessTokens {
        let text = try TextFile.read(path)
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & (S_IROTH | S_IWOTH) != 0 {
            throw ConfigurationError("\(path): everybody on this machine may read the tokens; `chmod o= \(path)`")
        }
        do throws(AccessTokens.Mistake) {
            return try AccessTokens(parsing: text)
        } catch {
            throw ConfigurationError(mistakes: [.init(file: path, line: error.line, message: error.description)])
        }
    }

    private static func groupID(_ name: String) -> gid_t? {
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: entryBytes) { buffer in
            guard getgrnam_r(name, &entry, buffer.baseAddress!, buffer.count, &found) == 0, found != nil else {
                return nil
            }
            return entry.gr_gid
        }
    }
}
