import Dispatch
import UsageModel

/// The index of names that were just restored, made on a thread of its own while the state is being read.
final class IndexedNames: @unchecked Sendable {
    private let names: NameTable
    /// Set before `done` is signalled, taken after it.
    private var index: NameIndex?
    private let done = DispatchSemaphore(value: 0)

    /// No name may be added before `wait` has returned.
    init(_ names: NameTable) {
        self.names = names
        DispatchQueue.global(qos: .userInitiated).async { [self] in
            index = self.names.restoredIndex()
            done.signal()
        }
    }

    func wait() -> NameIndex {
        done.wait()
        guard let index = index.take() else { preconditionFailure("an index is made once") }
        return index
    }
}
