import UsageModel

/// One record as a sender wrote it, in plain words: what the brute-force model and the program are
/// both told.
struct Fact {
    enum Kind {
        case event(RecordKind)
        case identify, group, leave, outcome, touch, alias, clock
    }

    var kind: Kind
    var company = ""
    var user: String?
    /// `alias`: the user that vanishes.
    var previousUser: String?
    var task = ""
    var unit: String?
    /// Millionths.
    var amountMicros: Int128?
    var count: UInt64 = 1
    var time: Int64
    var passive = false
    /// Traits of `identify` and `group`.
    var traits: [(name: String, value: JSON)] = []
    var outcome = ""
    /// When the daemon accepts it.
    var logTime: Int64
}

extension Fact: CustomStringConvertible {
    var description: String {
        var words = ["\(kind)"]
        if !company.isEmpty { words.append("company=\(company)") }
        if let user { words.append("user=\(user)") }
        if let previousUser { words.append("previous=\(previousUser)") }
        if !task.isEmpty { words.append("task=\(task)") }
        if let amountMicros { words.append("amount=\(amountMicros)\(unit ?? "-")") }
        if count != 1 { words.append("count=\(count)") }
        if passive { words.append("passive") }
        if !traits.isEmpty { words.append(traits.map { "\($0.name):\($0.value.text)" }.joined(separator: ",")) }
        if !outcome.isEmpty { words.append(outcome) }
        words.append(Timestamp(milliseconds: time).rfc3339)
        if logTime != time { words.append("logged \(Timestamp(milliseconds: logTime).rfc3339)") }
        return words.joined(separator: " ")
    }
}
