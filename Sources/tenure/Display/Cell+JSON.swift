import UsageModel

// How the values of answers become cells: for people on the left, raw for programs.
extension Cell {
    static func text(_ value: JSON?, style: Style = .plain) -> Cell {
        let raw = value?.plainText ?? ""
        return Cell(raw.isEmpty ? Quantity.unknown : raw, raw: raw, style: raw.isEmpty ? .faint : style)
    }

    static func whole(_ value: JSON?) -> Cell { Cell(Quantity.whole(value?.intValue), raw: value?.plainText ?? "") }

    /// An exact decimal, as text.
    static func amount(_ value: JSON?) -> Cell { .text(value) }

    /// The value or the threshold of a comparison; nothing for a line over several comparisons, which has none.
    static func measure(_ value: JSON?) -> Cell {
        guard let value else { return Cell("") }
        guard let number = value.doubleValue else { return .text(value) }
        return Cell(Quantity.measure(number), raw: value.plainText ?? "")
    }

    static func percent(_ value: JSON?) -> Cell {
        Cell(Quantity.percent(value?.doubleValue), raw: value?.plainText ?? "")
    }

    static func days(_ value: JSON?) -> Cell { Cell(Quantity.days(value?.doubleValue), raw: value?.plainText ?? "") }

    static func date(_ value: JSON?) -> Cell {
        let raw = value?.plainText ?? ""
        return Cell(Quantity.date(value?.stringValue), raw: raw)
    }

    static func instant(_ value: JSON?) -> Cell {
        let raw = value?.plainText ?? ""
        return Cell(Quantity.instant(value?.stringValue), raw: raw)
    }

    static func sparkline(_ value: JSON?) -> Cell {
        Cell(Sparkline.text(value?.numbers ?? []), raw: value?.plainText ?? "")
    }

    /// How a count differs from the one before it; on a pipe the ratio minus one.
    static func change(_ value: JSON?, from before: JSON?) -> Cell {
        let now = value?.doubleValue
        let then = before?.doubleValue
        var raw = ""
        if let now, let then, then != 0 { raw = JSON.double(now / then - 1).text }
        return Cell(Quantity.change(now, from: then), raw: raw)
    }
}
