import Portraits
import UsageModel

/// What our own side's systems say of a company as a customer: revenue, renewal, owner. Read from its
/// traits; what they do not say is nil.
struct Account {
    let name: String?
    /// A year.
    let revenue: Double?
    let renewal: String?
    /// Whole days from today; negative when it has passed.
    let renewsInDays: Int?
    let owner: String?

    init(of portrait: CompanyPortrait, at moment: Moment, traits: TraitNames) {
        name = portrait.trait(traits.companyName)?.stringValue
        revenue = portrait.trait(traits.revenue)?.doubleValue
        if case .number(let days) = portrait.value(of: .daysUntil(traits.renewal), at: moment) {
            renewsInDays = Int(days)
            renewal = (moment.today + Int32(days)).iso
        } else {
            renewsInDays = nil
            renewal = nil
        }
        owner = Self.owner(of: portrait, traits: traits)
    }

    static func owner(of portrait: CompanyPortrait, traits: TraitNames) -> String? {
        portrait.trait(traits.owner)?.stringValue
    }

    /// As answers have it, under names that do not depend on those of the traits.
    var members: [JSON.Member] {
        [
            .init("revenue", .optional(revenue)), .init("renewal", .optional(renewal)),
            .init("renews_in_days", .optional(renewsInDays)), .init("owner", .optional(owner)),
        ]
    }
}
