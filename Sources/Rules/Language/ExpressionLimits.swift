/// What one expression may cost. Rule files come from people, but a filter comes from any client of
/// the socket: none of them may exhaust the stack or hold up the writer.
public enum ExpressionLimits {
    /// Bytes of text. The longest of the default rules has about 250.
    public static let byteCount = 8_192
    /// Tokens of text.
    public static let tokens = 2_000
    /// Brackets, calls and operators inside each other. The parser, the checker and the evaluator
    /// recurse this deep, at well under 1 KiB of stack a level.
    public static let depth = 100
    /// The same with the segments and scores that an expression names put in their place.
    public static let expandedDepth = 300
    /// Steps of one evaluation, segments and scores put in their place: some 10 ns each.
    public static let steps = 20_000
    /// Mistakes of one expression that are named.
    static let mistakes = 100
    /// Characters of a text constant, the same as a name's in the log.
    public static let textBytes = 256
}

/// What one rule file may hold.
public enum RuleSetLimits {
    /// Bytes of the file. The default set has about 12 KiB.
    public static let byteCount = 262_144
    public static let sets = 256
    /// Tasks of all sets together.
    public static let setTasks = 10_000
    /// `RuleMask` has a bit for each.
    public static let flags = RuleMask.capacity
    public static let scores = 64
    /// Components of one score.
    public static let components = 64
    public static let stages = 64
    public static let segments = 256
    /// Names in all `inhibits` together.
    public static let inhibits = 1_024
    /// Mistakes that one answer names. Whoever made more fixes these first.
    public static let mistakes = 500
    /// Steps of one look at all conditions of the file, some 10 ns each, so that a look at a company takes
    /// at most a quarter of a millisecond beside reading its metrics. The default set has some 400.
    public static let steps = 25_000
    /// Tasks that the file's distinct metrics add up, one over a set counting for each of its tasks: some
    /// 30 ns each.
    public static let taskReads = 25_000
    /// Distinct metrics of the file that count users in a window: each may go through all users of a company.
    public static let userMetrics = 500
    /// Bytes of a rule's name, as any name of the log.
    public static let nameBytes = 256
    /// Bytes of a summary.
    public static let summaryBytes = 2_048
    /// Bytes of a brief, which stands in a column of a table.
    public static let briefBytes = 256
    /// `for`, `keep`, `cooldown`, `due`: ten years. Longer is a mistake in the unit.
    public static let longestDuration: Int64 = 3_660 * 86_400_000
}
