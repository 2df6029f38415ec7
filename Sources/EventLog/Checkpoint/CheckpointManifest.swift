import UsageModel

/// The file `manifest`: which files make up the checkpoint. Text, so that anybody can look; replaced whole, so that the
/// files that it names are there whole.
struct CheckpointManifest: Equatable {
    static let name = "manifest"
    private static let version = 2
    /// A few lines; files are merged long before there are so many.
    private static let greatestByteCount = 64 << 10

    var logID: Hash128
    /// Those with the state, newest first.
    var files: [UInt64]
    /// Those with duplicates likewise.
    var duplicates: [UInt64]

    var text: String {
        let body =
            "tenure-checkpoint \(Self.version)\nid \(logID)\n" + Self.line("files", files)
            + Self.line("duplicates", duplicates)
        return body + "hash \(Hash128(ofText: body))\n"
    }

    subscript(content: CheckpointContent) -> [UInt64] { content == .state ? files : duplicates }

    private static func line(_ name: String, _ numbers: [UInt64]) -> String {
        name + numbers.map { " \($0)" }.joined() + "\n"
    }

    /// Nil when there is none.
    static func read(directory: String) throws(CheckpointFault) -> CheckpointManifest? {
        let bytes: [UInt8]?
        do throws(EventLogError) {
            bytes = try SystemCall.readFile(directory + "/" + name, limit: greatestByteCount)
        } catch {
            guard case .system(let call, _, let code) = error else { return nil }
            throw .system(call: call, code: code)
        }
        guard let bytes else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let isOther = lines[0].hasPrefix("tenure-checkpoint ") && lines[0] != "tenure-checkpoint \(version)"
        if isOther { throw .otherFormat }
        guard lines.count == 6, lines[1].hasPrefix("id "), let id = Hash128(hexadecimal: lines[1].dropFirst(3)) else {
            throw .damaged(offset: 0, "\(name) is no list of checkpoint files")
        }
        func numbers(_ line: Int) -> [UInt64] {
            lines[line].split(separator: " ").dropFirst().compactMap { UInt64($0) }
        }
        let manifest = CheckpointManifest(logID: id, files: numbers(2), duplicates: numbers(3))
        guard manifest.text == text else { throw .damaged(offset: 0, "\(name) has another hash") }
        return manifest
    }
}

extension Hash128 {
    fileprivate init(ofText text: String) {
        var text = text
        self = text.withUTF8 { Hash128(of: UnsafeRawBufferPointer($0)) }
    }
}
