/// A row that is refused before it is sent, or a sent line that the daemon refused.
struct Refusal: Equatable, Sendable {
    /// Of the file, from 1.
    var line: Int
    /// A word of the wire protocol.
    var code: String
    var detail: String
}

/// Event lines ready to be sent, and where in the file each came from.
struct RowBatch {
    /// Whole lines, each with its newline.
    var bytes: [UInt8] = []
    /// For each event line in `bytes`, the file's line on which its row begins.
    var places: [Int] = []
    var refusals: [Refusal] = []

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        refusals.removeAll(keepingCapacity: true)
    }
}

/// A file as a stream of event lines.
protocol EventRows {
    /// Adds the rows of the next stretch of the file to `batch`, perhaps none.
    /// - Returns: false when the file has ended and nothing more will come.
    mutating func next(into batch: inout RowBatch) throws -> Bool
}
