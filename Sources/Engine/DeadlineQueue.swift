import UsageModel

/// When each company is to be looked at next, in order of time.
///
/// One deadline a company: the least instant at which any of its rules may change by time alone.
/// A binary heap that is corrected lazily: every event moves its company's idle deadline to later,
/// so moving to later leaves the queued entry where it is, and it is put back at its new place when
/// it surfaces. Only moving to earlier adds an entry. O(1) to move later, O(log n) to move earlier.
struct DeadlineQueue {
    private struct Entry {
        var time: Timestamp
        var company: CompanyID

        /// Companies whose deadlines coincide are looked at in the order in which the log first saw
        /// them, so that an import raises the same flags in the same order every time.
        func precedes(_ other: Entry) -> Bool {
            time != other.time ? time < other.time : company.number < other.company.number
        }
    }

    private var heap: [Entry] = []
    /// By company number: when it is due.
    private var due: [Timestamp] = []
    /// By company number: the time of its entry that counts; all later ones are stale.
    private var queued: [Timestamp] = []

    private static let never = Timestamp(milliseconds: .max)

    /// The next deadline, nil when there is none.
    var first: Timestamp? {
        mutating get {
            settleTop()
            return heap.first?.time
        }
    }

    /// When `company` is due, nil when it is not.
    subscript(company: CompanyID) -> Timestamp? {
        let index = Int(company.number)
        guard index < due.count, due[index] != Self.never else { return nil }
        return due[index]
    }

    /// Sets or (with nil) removes the deadline of `company`.
    mutating func schedule(_ company: CompanyID, at time: Timestamp?) {
        let index = Int(company.number)
        while due.count <= index {
            due.append(Self.never)
            queued.append(Self.never)
        }
        due[index] = time ?? Self.never
        if let time, time < queued[index] {
            queued[index] = time
            push(Entry(time: time, company: company))
        }
    }

    /// Removes and returns the first deadline that is not after `now`.
    mutating func popDue(notAfter now: Timestamp) -> (company: CompanyID, time: Timestamp)? {
        settleTop()
        guard let entry = heap.first, entry.time <= now else { return nil }
        pop()
        due[Int(entry.company.number)] = Self.never
        queued[Int(entry.company.number)] = Self.never
        return (entry.company, entry.time)
    }

    /// By company number; `never` for those that are not due.
    var all: [Timestamp] { due }

    /// Sets the deadlines of all companies, as `all` had them.
    mutating func restore(_ all: [Timestamp]) {
        removeAll()
        for (index, time) in all.enumerated() where time != Self.never {
            schedule(CompanyID(number: UInt32(index)), at: time)
        }
    }

    mutating func removeAll() {
        heap.removeAll()
        due.removeAll()
        queued.removeAll()
    }

    /// Drops stale entries and puts back moved ones until the top is a true deadline.
    private mutating func settleTop() {
        while let entry = heap.first {
            let index = Int(entry.company.number)
            if entry.time == queued[index], entry.time == due[index] { return }
            pop()
            guard entry.time == queued[index] else { continue }
            queued[index] = due[index]
            if due[index] != Self.never { push(Entry(time: due[index], company: entry.company)) }
        }
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func pop() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].precedes(heap[least])
            {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
