import UsageModel

/// Outcomes and our side's contacts.
extension CompanyState {
    /// The outcome with the greatest time counts, of equal times the one applied later.
    mutating func noteOutcome(_ members: [JSON.Member], time: Timestamp) {
        guard time.milliseconds >= outcomeTime,
            let word = members.first(where: { $0.name == "outcome" })?.value.stringValue
        else { return }
        outcome = word
        outcomeTime = time.milliseconds
    }

    mutating func noteTouch(time: Timestamp, day: Day, seq: UInt64) {
        if time.milliseconds > lastTouch {
            lastTouch = time.milliseconds
            lastTouchSeq = seq
        }
        guard today == .min || day.number >= today - Int32(Horizon.eventDays - 1) else { return }
        noteChange(on: day.number)
        _ = touchDays.add(1, on: day.number, keepingFrom: keptEventDays, arena)
    }
}
