import Clients
import FoundationEssentials
import Server

/// The files that hold senders' keys.
///
/// A file holds one key a line, so that a new key and the old one can both be known while senders change;
/// empty lines and those that begin with `#` mean nothing. What is in the files is never repeated, also in no mistake.
struct KeyFiles {
    /// Where relative names are looked for: systemd.exec(5), "LoadCredential=": "the credential … is placed in
    /// $CREDENTIALS_DIRECTORY"; else beside the configuration file.
    let credentialsDirectory: String?
    let configurationFile: String

    /// The keys of `sources`. Throws every mistake at once.
    func keys(of sources: [SourceKeys]) throws(ConfigurationError) -> ClientKeys {
        var keys = ClientKeys()
        var owners: [String: String] = [:]
        var mistakes: [ConfigurationError.Mistake] = []
        for source in sources {
            guard let file = source.keyFile else { continue }
            do throws(ConfigurationError) {
                for key in try read(path(of: file)) {
                    if let owner = owners.updateValue(source.name, forKey: key), owner != source.name {
                        throw mistake("a key of sources.\(owner) is one of sources.\(source.name) too", source.line)
                    }
                    keys.add(key: key, mapping: source.mapping)
                }
            } catch {
                mistakes += error.mistakes
            }
        }
        guard mistakes.isEmpty else { throw ConfigurationError(mistakes: mistakes) }
        return keys
    }

    private func path(of file: String) -> String {
        if file.hasPrefix("/") { return file }
        if let credentialsDirectory, Places.fileExists(credentialsDirectory + "/" + file) {
            return credentialsDirectory + "/" + file
        }
        return URL(filePath: configurationFile).deletingLastPathComponent().appending(path: file).path
    }

    private func read(_ path: String) throws(ConfigurationError) -> [String] {
        let lines = try TextFile.read(path).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        var keys: [String] = []
        for (index, line) in lines.enumerated() {
            let key = String(line)
            if key.isEmpty || key.hasPrefix("#") { continue }
            guard key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }) else {
                throw place(path, index, "a key is printable ASCII without blanks and colons, which Basic cannot carry")
            }
            guard key.utf8.count >= ClientKeys.leastKeyBytes else {
                throw place(
                    path, index,
                    "a key of fewer than \(ClientKeys.leastKeyBytes) characters can be guessed; "
                        + "`openssl rand -hex 20` makes a good one")
            }
            guard key.utf8.count <= ClientKeys.greatestKeyBytes else {
                throw place(path, index, "a key has at most \(ClientKeys.greatestKeyBytes) characters")
            }
            keys.append(key)
        }
        guard !keys.isEmpty else { throw place(path, 0, "holds no key") }
        return keys
    }

    private func place(_ path: String, _ index: Int, _ message: String) -> ConfigurationError {
        ConfigurationError(mistakes: [.init(file: path, line: index + 1, message: message)])
    }

    private func mistake(_ message: String, _ line: Int?) -> ConfigurationError {
        ConfigurationError(mistakes: [.init(file: configurationFile, line: line, message: message)])
    }
}
