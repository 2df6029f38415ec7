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

    /// How long somebody may have been away and still be the one to call.
    private static let daysHere: Int64 = 14

    /// The one to call first: who counts most of those that were here lately, since a champion who left
    /// cannot say why; where nobody was, who counts most.
    static func first(of portrait: CompanyPortrait, at moment: Moment) -> Callee? {
        let callees = of(portrait, at: moment)
        let lately = moment.now + -daysHere * millisecondsPerDay
        return callees.first { ($0.user.last ?? .least) >= lately } ?? callees.first
    }

    func json(names: NameTable, traits: TraitNames) -> JSON {
        .object([
            .init("user", .string(names.name(user.user))), .init("as", .array(parts.map { .string($0.rawValue) })),
            .init("name", .optional(user.traits[traits.userName]?.stringValue)),
            .init("email", .optional(user.traits[traits.userEmail]?.stringValue)),
            .init("role", .optional(user.traits[traits.userRole]?.stringValue)),
            .init("last", .optional(user.last?.rfc3339)),
        ])
    }
}
