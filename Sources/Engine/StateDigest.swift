import Portraits
import Rules
import UsageModel

/// The digest of ARCHITECTURE.md, "State is a function of the log", with its parts: of each company H(name ‖ portrait and
/// flags at the last `now`, pruned to the horizon), and one of what belongs to no company.
struct StateDigest: Sendable {
    /// H(global record) plus H(flags of sources).
    let global: Hash128
    /// By company, in order of number.
    let companies: [(company: CompanyID, digest: Hash128)]

    /// O(state).
    init(portraits: Portraits, book: FlagBook) {
        var global = portraits.globalDigest()
        let sources = book.canonicalBytes(of: .none)
        if !sources.isEmpty { global = global &+ sources.withUnsafeBytes { Hash128(of: $0) } }
        self.global = global
        companies = portraits.companies().map { company in
            (company, portraits.digest(of: company, adding: book.canonicalBytes(of: company)))
        }
    }

    /// Σ over the parts, modulo 2^128: a sum, so that the order of companies plays no part.
    var value: Hash128 { companies.reduce(global) { $0 &+ $1.digest } }

    /// The companies that are not the same in `other`, or are there only in one of both; in order of number.
    func companies(otherThanIn other: StateDigest) -> [CompanyID] {
        let theirs = Dictionary(uniqueKeysWithValues: other.companies.map { ($0.company, $0.digest) })
        let ours = Set(companies.map(\.company))
        return
            (companies.filter { theirs[$0.company] != $0.digest }.map(\.company)
            + other.companies.map(\.company).filter { !ours.contains($0) })
            .sorted { $0.number < $1.number }
    }
}
