import UsageModel

/// The names that the records of a page refer to. Which these are is found on the asker's side, and there they are
/// written down; the writer, whose table they stand in, only looks each up once.
struct PageNames: Sendable {
    private struct Key: Hashable {
        var kind: NameKind
        var number: UInt32
    }

    private var keys: [Key] = []
    private var places: [Key: Int] = [:]
    /// As many as `keys` once they have been looked up.
    private var texts: [String] = []

    mutating func note(_ record: Record) {
        note(record.company)
        note(record.user)
        note(record.sentUser)
        note(record.task)
        note(record.unit)
        note(record.source)
    }

    private mutating func note<I: Identifier>(_ id: I) {
        let key = Key(kind: I.kind, number: id.number)
        guard !id.isNone, places[key] == nil else { return }
        places[key] = keys.count
        keys.append(key)
    }

    /// On the writer's thread.
    func lookedUp(in table: NameTable) -> PageNames {
        var names = self
        names.texts = keys.map { key in
            table.withBytes(of: key.number, kind: key.kind) { String(decoding: $0, as: UTF8.self) }
        }
        return names
    }

    /// Nil for none.
    func text<I: Identifier>(_ id: I) -> String? {
        places[Key(kind: I.kind, number: id.number)].map { texts[$0] }
    }
}
