/// A condition as a look needs it: numbers only, so that passing over all rules of a company counts
/// no references. What it stands for is read from the rule set when something has happened.
struct BoundCondition: BitwiseCopyable {
    /// The condition's root in the rule set's program.
    let root: Int32
    /// A flag rule's place in `RuleSet.flags`.
    let index: Int32
    /// The book's number of the rule or the stage.
    let number: Int32

    init(_ condition: Expression, index: Int, number: Int32) {
        root = Int32(condition.root)
        self.index = Int32(index)
        self.number = number
    }
}
