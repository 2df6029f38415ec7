import UsageModel

/// What a company did with one task, ignored events included; a day's note says whether one qualified.
struct TaskRow: BitwiseCopyable {
    var task: TaskID
    /// Index + 1 of the task's first amount series.
    var firstSeries: UInt32 = 0
    var lifetime: UInt64 = 0
    /// Greatest time, ms.
    var lastTime: Int64 = .min
    var days = DayList()
}

/// Amounts of one task in one unit, of qualifying or of ignored events.
struct AmountSeries: BitwiseCopyable {
    var task: TaskID
    var unit: UnitID
    var isIgnored: Bool
    /// Index + 1 of the task's next series.
    var next: UInt32
    var lifetime = Amount.zero
    var days = AmountDays()
}
