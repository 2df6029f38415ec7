import FoundationEssentials

/// A file that somebody wrote for the daemon to read.
enum TextFile {
    /// A rule file or configuration of more than this is something else.
    private static let greatestByteCount = 4 << 20

    /// The text of the file at `path`; a mistake in its being there, its size or its encoding is one
    /// of the configuration.
    static func read(_ path: String) throws(ConfigurationError) -> String {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw mistake(path, FileManager.default.fileExists(atPath: path) ? "cannot be read" : "does not exist")
        }
        guard data.count <= greatestByteCount else {
            throw mistake(path, "is larger than \(ByteCountText.text(greatestByteCount))")
        }
        guard let text = String(validating: data, as: UTF8.self) else { throw mistake(path, "is not UTF-8") }
        return text
    }

    private static func mistake(_ path: String, _ message: String) -> ConfigurationError {
        ConfigurationError(mistakes: [.init(file: path, message: message)])
    }
}
