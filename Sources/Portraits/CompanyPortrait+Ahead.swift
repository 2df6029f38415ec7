public import UsageModel

/// What time alone would bring.
extension CompanyPortrait {
    /// Runs `body`, which may ask about moments that have not come, and leaves no trace of it: the
    /// portrait goes on as if only `today` had been asked about.
    ///
    /// - Parameter body: gets the first day that must not be asked about, since events with a later
    ///   date than today's are known already and would count on it; nil: any day may be.
    public func lookingAhead<Result>(from today: Day, _ body: (_ end: Day?) -> Result) -> Result {
        state.pointee.prepare(today)
        let reached = state.pointee.reached
        defer { state.pointee.reached = reached }
        let ahead = state.pointee.aheadFirst
        return body(ahead == .max ? nil : Day(number: ahead))
    }
}
