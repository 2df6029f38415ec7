import Rules
import RulesFile
import UsageModel

/// The rule files that were in force, as the log holds them, so that a flag can be judged again by the
/// version that raised it.
///
/// Bounded: the last few files. Whoever edits rules more often than that within 128 days finds older flags
/// judged no more; nothing else needs an old file.
struct RuleFiles {
    private var files: [File] = []

    private struct File {
        var seq: UInt64
        var text: String
        /// Compiled when somebody asks.
        var rules: RuleSet?
    }

    /// An edit a week for as long as flags are judged again; a file has some ten KiB.
    static let kept = 20

    /// The text of the last one.
    var lastText: String? { files.last?.text }

    /// Notes the file that the `rules` record at `seq` puts in force.
    mutating func note(_ text: String, seq: UInt64) {
        if files.count == Self.kept { files.removeFirst() }
        files.append(File(seq: seq, text: text))
    }

    init() {}

    func write(to out: ByteBuffer) {
        out.append(UInt32(files.count))
        for file in files {
            out.append(file.seq)
            out.append(file.text)
        }
    }

    init(_ reader: inout ByteReader) throws(DamagedBytes) {
        for _ in 0..<(try reader.count()) { files.append(File(seq: try reader.number(), text: try reader.text())) }
    }

    /// The rules in force when the record at `seq` was made; nil when the file is not kept any more.
    mutating func rules(at seq: UInt64, names: NameTable) -> RuleSet? {
        guard let index = files.lastIndex(where: { $0.seq < seq }) else { return nil }
        if let rules = files[index].rules { return rules }
        let rules = try? RulesFile.parse(text: files[index].text, fileName: "the log") { task in
            // What the file names was interned when it came into force.
            names.find(task, as: TaskID.self) ?? .none
        }
        files[index].rules = rules
        return rules
    }
}
