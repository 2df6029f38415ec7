/// Under which names the senders keep what screens show of a company and its people. Rules name
/// traits themselves; these are for answers alone, so changing them changes no state.
public struct TraitNames: Sendable {
    /// Of companies.
    public var companyName = "name"
    /// Revenue a year, as a number.
    public var revenue = "arr"
    /// The date on which the contract renews.
    public var renewal = "renewal"
    /// Who of our side looks after the company.
    public var owner = "csm"

    /// Of users.
    public var userName = "name"
    public var userEmail = "email"
    public var userRole = "role"

    public init() {}
}
