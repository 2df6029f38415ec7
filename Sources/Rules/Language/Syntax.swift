/// An expression as written: what the parser makes and the compiler reads. Never evaluated.
struct Syntax {
    enum Sign: String {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
    }

    struct Argument {
        var label: String?
        /// Where the argument begins, its label included.
        var start: Int
        var value: Syntax
    }

    indirect enum Form {
        case number(Double)
        case duration(Int64)
        case text(String)
        case truth(Bool)
        case name(String)
        case call(String, [Argument])
        case negate(Syntax)
        case arithmetic(Sign, Syntax, Syntax)
        case not(Syntax)
        /// A chain of `and` is one node, so that its length costs no depth.
        case all([Syntax])
        case any([Syntax])
        case compare(Comparison, Syntax, Syntax)
        case isIn(Syntax, [Syntax], negated: Bool)
    }

    var form: Form
    /// UTF-8 offsets of the whole, brackets around it included.
    var start: Int
    var end: Int
    var depth: Int
}

enum Comparison: UInt8, Sendable, BitwiseCopyable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual

    var sign: String {
        switch self {
        case .equal: "=="
        case .notEqual: "!="
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        case .greaterOrEqual: ">="
        }
    }

    /// The comparison that holds for swapped sides.
    var mirrored: Comparison {
        switch self {
        case .equal, .notEqual: self
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }

    @inline(__always)
    func holds<T: Comparable>(_ left: T, _ right: T) -> Bool {
        switch self {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }
}

extension Syntax {
    /// The parts directly below, in the order written.
    var parts: [Syntax] {
        switch form {
        case .number, .duration, .text, .truth, .name: []
        case .call(_, let arguments): arguments.map(\.value)
        case .negate(let part), .not(let part): [part]
        case .arithmetic(_, let left, let right), .compare(_, let left, let right): [left, right]
        case .all(let parts), .any(let parts): parts
        case .isIn(let part, let list, _): [part] + list
        }
    }
}
