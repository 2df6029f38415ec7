/// Cuts a stream of bytes into lines, however the bytes arrive.
struct LineSplitter {
    private var pending: [UInt8] = []

    /// Calls `line` for every line that `bytes` complete, without its newline; empty lines are skipped.
    /// - Returns: false as soon as `line` did.
    mutating func split(
        _ bytes: UnsafeRawBufferPointer, _ line: (UnsafeRawBufferPointer) throws -> Bool
    ) rethrows -> Bool {
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            start = end + 1
            if pending.isEmpty {
                guard try piece.isEmpty || line(piece) else { return false }
            } else {
                pending.append(contentsOf: piece)
                defer { pending.removeAll(keepingCapacity: true) }
                guard try pending.withUnsafeBytes({ try line($0) }) else { return false }
            }
        }
        pending.append(contentsOf: bytes[start...])
        return true
    }

    /// The stream has ended: what is left is a line too.
    mutating func finish(_ line: (UnsafeRawBufferPointer) throws -> Bool) rethrows {
        guard !pending.isEmpty else { return }
        defer { pending.removeAll() }
        _ = try pending.withUnsafeBytes { try line($0) }
    }
}
