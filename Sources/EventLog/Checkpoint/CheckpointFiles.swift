/// Which of a checkpoint's files one is among.
enum CheckpointContent: CaseIterable {
    /// The global record, parts and names.
    case state
    case duplicates
}

/// The files that make up a checkpoint, newest first.
struct CheckpointFiles {
    private var state: [CheckpointFile] = []
    private var duplicates: [CheckpointFile] = []

    var all: [CheckpointFile] { state + duplicates }

    subscript(content: CheckpointContent) -> [CheckpointFile] {
        get { content == .state ? state : duplicates }
        set { if content == .state { state = newValue } else { duplicates = newValue } }
    }
}
