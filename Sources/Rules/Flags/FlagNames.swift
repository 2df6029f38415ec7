/// The book's dense numbers for the names of rules and stages, in order of first appearance. They
/// never leave the book and those who judge by it. Belongs to the writer's thread.
final class FlagNames {
    /// A rule has the same number in every version of the rule file.
    var rules = NameNumbers()
    /// Number 0 is no stage.
    var stages = NameNumbers(first: "")

    /// The stage's name; nil for none.
    func stage(_ number: Int32) -> String? { number == 0 ? nil : stages.name(number) }
}

/// Names to dense numbers from 0.
struct NameNumbers {
    private var names: [String] = []
    private var numbers: [String: Int32] = [:]

    init() {}

    init(first: String) { _ = number(first) }

    func find(_ name: String) -> Int32? { numbers[name] }

    var count: Int { names.count }

    func name(_ number: Int32) -> String { names[Int(number)] }

    /// The number of `name`, a new one when it was never seen.
    mutating func number(_ name: String) -> Int32 {
        if let number = numbers[name] { return number }
        let number = Int32(names.count)
        names.append(name)
        numbers[name] = number
        return number
    }
}
