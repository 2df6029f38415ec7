import Portraits
import Rules
import UsageModel

/// What a list of companies came to, company by company, for the next time that it is asked for.
///
/// Somebody who has a list open asks for it again and again, and meanwhile few companies change. What stands here holds
/// until the company's next record or move, and until the instant at which time alone may change it; all of that is
/// known exactly, so a list from memory is the list.
final class CompanyListMemory {
    /// Everything that an answer hangs on beside the companies.
    struct Question: Equatable {
        var filter: String?
        var sort: String?
        var rules: String
        /// A name of a task that is new to the log means no task until it is known.
        var taskCount: Int
        var changesOfAll: Int
    }

    struct Answer {
        var key: Value
        /// Whether the filter holds; nil where it was not asked, since by its key the company came too late.
        var isListed: Bool?
    }

    private struct Entry {
        var answer: Answer
        var changeCount: UInt32
        var until: Timestamp
    }

    let question: Question
    /// Those that came first the last time, as a rule come first again.
    var firstCompanies: [CompanyID] = []
    /// By company number.
    private var entries: [Entry?] = []

    init(_ question: Question) { self.question = question }

    /// What is known of the company at `now`; nil when it must be asked.
    @inline(__always)
    func answer(of company: CompanyID, changeCount: UInt32, now: Timestamp) -> Answer? {
        let index = Int(company.number)
        guard index < entries.count, let entry = entries[index], entry.changeCount == changeCount, now < entry.until
        else { return nil }
        return entry.answer
    }

    /// - Parameter until: the first instant at which time alone may make it another.
    func keep(_ answer: Answer, of company: CompanyID, changeCount: UInt32, until: Timestamp) {
        let index = Int(company.number)
        while entries.count <= index { entries.append(nil) }
        entries[index] = Entry(answer: answer, changeCount: changeCount, until: until)
    }
}

/// The last few of them.
struct CompanyListMemories {
    private var memories: [CompanyListMemory] = []

    /// As many as people have lists open at a time; each takes some 60 bytes a company.
    private static let greatestCount = 4

    /// The memory of `question`, an empty one if it is new.
    mutating func memory(of question: CompanyListMemory.Question) -> CompanyListMemory {
        let memory = memories.first { $0.question == question } ?? CompanyListMemory(question)
        memories.removeAll { $0 === memory }
        memories = [memory] + memories.prefix(Self.greatestCount - 1)
        return memory
    }
}
