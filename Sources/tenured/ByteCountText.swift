/// Numbers of bytes as people write them: `65536`, `64KiB`, `4MiB`.
enum ByteCountText {
    private static let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)]

    /// Nil when `text` is something else, or more than an Int holds.
    static func bytes(_ text: String) -> Int? {
        let (suffix, unit) = units.first { text.hasSuffix($0.0) } ?? ("", 1)
        guard let count = Int(text.dropLast(suffix.count)) else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? nil : bytes
    }

    /// In the largest unit that divides `bytes`.
    static func text(_ bytes: Int) -> String {
        for (suffix, unit) in units where unit > 1 && bytes > 0 && bytes % unit == 0 {
            return "\(bytes / unit)\(suffix)"
        }
        return String(bytes)
    }
}
