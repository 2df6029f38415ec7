import UsageModel

/// The unit of line protocol's timestamps on a listener, or in one write. Minutes and hours are InfluxDB 1's.
public enum TimestampPrecision: String, Sendable, CaseIterable {
    case ns, us, ms, s, m, h

    /// `value` in nanoseconds; nil when that does not fit 64 bits.
    public func nanoseconds(_ value: Int64) -> Int64? {
        let factor: Int64 =
            switch self {
            case .ns: 1
            case .us: 1_000
            case .ms: 1_000_000
            case .s: 1_000_000_000
            case .m: 60_000_000_000
            case .h: 3_600_000_000_000
            }
        let (product, overflow) = value.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }

    /// `value` in whole milliseconds, floored; nil outside the years 0001 to 9999.
    @inline(__always)
    func time(_ value: Int64) -> Timestamp? {
        let milliseconds: Int64
        switch self {
        case .ns: milliseconds = value.flooredQuotient(by: 1_000_000)
        case .us: milliseconds = value.flooredQuotient(by: 1_000)
        case .ms: milliseconds = value
        case .s, .m, .h:
            let factor: Int64 = self == .s ? 1_000 : self == .m ? 60_000 : 3_600_000
            let (product, overflow) = value.multipliedReportingOverflow(by: factor)
            guard !overflow else { return nil }
            milliseconds = product
        }
        let time = Timestamp(milliseconds: milliseconds)
        return time >= .least && time <= .greatest ? time : nil
    }
}
