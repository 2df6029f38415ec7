/// One word of an expression, with its place in the text.
struct Token: Equatable {
    enum Kind: Equatable {
        case number(Double)
        /// In milliseconds.
        case duration(Int64)
        case text(String)
        case name(String)
        case symbol(Symbol)
        case end
    }

    enum Symbol: String, CaseIterable {
        case openBracket = "("
        case closeBracket = ")"
        case openList = "["
        case closeList = "]"
        case comma = ","
        case colon = ":"
        case plus = "+"
        case minus = "-"
        case times = "*"
        case divide = "/"
        case equal = "=="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    var kind: Kind
    /// UTF-8 offsets.
    var start: Int
    var end: Int
}
