/// Which tasks are taken from a source. The others are settled and become nothing.
public enum TaskFilter: Sendable, Hashable {
    case all
    case taking([TaskPattern])
    case leaving([TaskPattern])

    func takes(_ task: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .all: true
        case .taking(let patterns): patterns.contains { $0.matches(task) }
        case .leaving(let patterns): !patterns.contains { $0.matches(task) }
        }
    }
}

/// A task's name, or the beginning of many: `report.*`.
public struct TaskPattern: Sendable, Hashable {
    private let text: [UInt8]
    private let isPrefix: Bool

    public init(_ text: String) {
        isPrefix = text.hasSuffix("*")
        self.text = Array(isPrefix ? text.dropLast().utf8 : text.utf8[...])
    }

    func matches(_ task: UnsafeRawBufferPointer) -> Bool {
        isPrefix ? task.starts(with: text) : task.elementsEqual(text)
    }
}
