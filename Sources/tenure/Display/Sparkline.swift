/// Numbers as a row of bars, one column each.
enum Sparkline {
    private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// One bar a value, the greatest the full height. Nothing at all is the lowest bar and any use
    /// is at least the second, because "none" and "little" are different news. Unknown is a blank.
    static func text(_ values: [Double?]) -> String {
        let greatest = values.compactMap { $0 }.max() ?? 0
        return String(
            values.map { value -> Character in
                guard let value else { return " " }
                guard value > 0, greatest > 0 else { return bars[0] }
                let step = (value / greatest * Double(bars.count - 1)).rounded(.up)
                return bars[min(bars.count - 1, max(1, Int(step)))]
            })
    }

    /// `values` added up in groups of equal size, so that at most `columns` remain; the newest group
    /// is whole and the oldest may be short. Returns the group's size too, to be named beside the bars.
    static func grouped(_ values: [Double], columns: Int) -> (values: [Double], size: Int) {
        guard columns > 0, values.count > columns else { return (values, 1) }
        let size = (values.count + columns - 1) / columns
        var groups: [Double] = []
        var end = values.count
        while end > 0 {
            let start = max(0, end - size)
            groups.append(values[start..<end].reduce(0, +))
            end = start
        }
        return (groups.reversed(), size)
    }

    /// A share of the whole as a bar of `columns` cells; more than the whole is a full bar.
    static func gauge(_ share: Double, columns: Int) -> String {
        let filled = min(columns, max(0, Int((share * Double(columns)).rounded())))
        return String(repeating: "█", count: filled) + String(repeating: "░", count: columns - filled)
    }
}
