public import EventLog
import Portraits
import Rules
public import UsageModel

/// A flag re-derived from the log alone: what its raise says beside what the records of its company and
/// the rules in force come to.
///
/// Reads the log through a reader of its own, twice: for the raise, then from the beginning. Belongs to no
/// thread and touches no daemon's state. O(records) in time; of other companies only the flags are kept.
public struct FlagVerification: Sendable {
    /// Why there is nothing to verify.
    public enum Failure: Error, Sendable, CustomStringConvertible {
        /// Not written as a flag's number is.
        case malformed(String)
        case unknown(String)
        case engine(EngineError)

        public var description: String {
            switch self {
            case .malformed(let text): "\"\(text)\" is no flag's number; flags are written F12"
            case .unknown(let id): "there is no flag \(id) in the log; `tenure flags --all` lists them all"
            case .engine(let error): "\(error)"
            }
        }
    }

    /// The flag, `sentence`, `holds`, every check with what is recorded and what was derived, and what
    /// hindsight says.
    public let json: JSON

    /// - Parameter text: `F12`, or `12`.
    public init(of text: String, on reader: EventLogReader) throws(Failure) {
        guard let id = FlagID(text) else { throw .malformed(text) }
        let raise: LoggedRaise?
        let flagCase: FlagCase?
        do throws(EngineError) {
            let log = try reader.end()
            raise = try reader.raise(of: id, through: log.seq)
            flagCase = raise.map { FlagCase($0, names: log.names) }
            if let flagCase, !flagCase.raise.company.isNone { try flagCase.run(reader, through: log.seq) }
        } catch {
            throw .engine(error)
        }
        guard let flagCase else { throw .unknown(id.description) }
        json = FlagVerificationReport(flagCase).json
    }
}

/// The raise of a flag as it stands in the log.
struct LoggedRaise {
    var seq: UInt64
    /// None for a flag that is about no company.
    var company: CompanyID
    var move: FlagMove
    /// The record as it is, members included that no version of this program reads.
    var json: JSON
}

extension EventLogReader {
    /// The last seq, and names among which are those of all records up to there. What rules name besides
    /// gets numbers that none of these records has.
    func end() throws(EngineError) -> (seq: UInt64, names: NameTable) {
        do throws(EventLogError) {
            let seq = try lastSeq()
            return (seq, try names())
        } catch {
            throw .log(error)
        }
    }

    /// The record that raised `flag`; nil when there is none.
    fileprivate func raise(of flag: FlagID, through last: UInt64) throws(EngineError) -> LoggedRaise? {
        // How `FlagMove.json` begins: reading every move of a long log would take longer than all else.
        let beginning = Array(#"{"move":"\#(MoveKind.raised.rawValue)","flag":"\#(flag)""#.utf8)
        var found: LoggedRaise?
        try forEachBlock(through: last) { (block) throws(EngineError) in
            guard found == nil else { return }
            var seq = block.header.firstSeq
            for record in block.batch.records {
                defer { seq += 1 }
                let payload = block.batch.bytes[record.payload.indices]
                guard record.kind == .move, payload.starts(with: beginning) else { continue }
                do {
                    let json = try JSON(parsing: Array(payload))
                    let move = try FlagMove(json: json)
                    found = LoggedRaise(seq: seq, company: record.company, move: move, json: json)
                } catch {
                    throw .record(seq: seq, "\(error)")
                }
            }
        }
        return found
    }
}
