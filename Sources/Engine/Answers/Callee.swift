import Portraits
import UsageModel

/// Somebody of a company whom one can call about a flag, and why them.
struct Callee {
    enum Part: String {
        case champion
        case mostActive = "most_active"
        case last
        /// Identified, and never active.
        case known
    }

    let user: UserSummary
    private(set) var parts: [Part]

    /// The champion, then the most active user, then the last one that was here, each once; of a
    /// company where nobody was ever active, one that is known. Nobody who left, none of our own.
    static func of(_ portrait: CompanyPortrait, at moment: Moment) -> [Callee] {
        let people = portrait.people(at: moment)
        var callees: [Callee] = []
        for (user, part) in [(people.champion, Part.champion), (people.mostActive, .mostActive), (people.last, .last)] {
            guard let user, !user.left, !user.staff else { continue }
            if let index = callees.firstIndex(where: { $0.user.user == user.user }) {
                callees[index].parts.append(part)
            } else {
                callees.append(Callee(user: user, parts: [part]))
            }
        }
        if callees.isEmpty, let user = portrait.users(at: moment).first(where: { !$0.left && !$0.staff }) {
            callees.append(Callee(user: user, parts: [.known]))
        }
        return callees
    }

    func json(names: NameTable) -> JSON {
        .object([
            .init("user", .string(names.name(user.user))), .init("as", .array(parts.map { .string($0.rawValue) })),
            .init("name", .optional(user.name)), .init("email", .optional(user.email)),
            .init("role", .optional(user.role)), .init("last", .optional(user.last?.rfc3339)),
        ])
    }
}
