import UsageModel

/// Where a company's last events stand in the log: the witnesses that a flag's evidence names.
///
/// Three with a user, and one without: a nightly job must not push the people out. Late events, older
/// than what was seen before, are no last ones. Not part of the digest, since positions in the log
/// depend on how other companies' events fell between.
struct RecentEvents: BitwiseCopyable {
    /// Latest first; 0 for none.
    private var people: (UInt64, UInt64, UInt64) = (0, 0, 0)
    private var job: UInt64 = 0

    @inline(__always)
    mutating func noteVisit(_ seq: UInt64) { people = (seq, people.0, people.1) }

    @inline(__always)
    mutating func noteJob(_ seq: UInt64) { job = seq }

    /// Latest first.
    var seqs: [UInt64] { [people.0, people.1, people.2, job].filter { $0 != 0 }.sorted(by: >) }
}
