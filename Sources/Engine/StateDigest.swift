import Portraits
import Rules
import UsageModel

/// The digest of ARCHITECTURE.md, "State is a function of the log": Σ over companies of H(name ‖ portrait and flags at the last
/// `now`, pruned to the horizon) plus H(global record) and H(flags of sources), modulo 2^128. A sum, so that the order of
/// companies plays no part.
struct StateDigest {
    let portraits: Portraits
    let book: FlagBook
    let names: NameTable

    var value: Hash128 {
        var sum = portraits.globalDigest()
        let sources = book.canonicalBytes(of: .none)
        if !sources.isEmpty { sum = sum &+ sources.withUnsafeBytes { Hash128(of: $0) } }
        for company in portraits.companies() {
            sum = sum &+ portraits.digest(of: company, adding: book.canonicalBytes(of: company))
        }
        return sum
    }
}
