import UsageModel

/// A configured list of names, asked by number.
///
/// Names may be interned long after the list was configured, so each number is judged once, when
/// it is first asked for; after that a question is one load.
struct NameFilter<I: Identifier> {
    private var listed: [String]
    /// By number: 0 not judged yet, 1 not listed, 2 listed.
    private var verdicts: [UInt8] = []

    init(_ names: [String]) { listed = names }

    @inline(__always)
    mutating func contains(_ id: I, names: NameTable) -> Bool {
        if listed.isEmpty || id.isNone { return false }
        let index = Int(id.number)
        if index < verdicts.count, verdicts[index] != 0 { return verdicts[index] == 2 }
        return judge(id, names: names)
    }

    @inline(never)
    private mutating func judge(_ id: I, names: NameTable) -> Bool {
        let index = Int(id.number)
        if index >= verdicts.count {
            let length = max(index + 1, verdicts.count * 2, 64)
            verdicts.append(contentsOf: repeatElement(0, count: length - verdicts.count))
        }
        let isListed = names.withBytes(of: id) { bytes in listed.contains { $0.utf8.elementsEqual(bytes) } }
        verdicts[index] = isListed ? 2 : 1
        return isListed
    }
}
