/// What the key of a request says about the events in it: whose they are, and how they are to be read.
public struct SourceMapping: Sendable, Hashable {
    /// The source of events that name none.
    public var source: String?
    /// The company of events for which no other can be found.
    public var company: String?
    public var fields: [Field: FieldPath] = [:]
    public var tasks = TaskFilter.all

    /// What can be taken from a place of the sender's own. Where an event has nothing there, the usual
    /// place counts.
    public enum Field: String, Sendable, CaseIterable {
        case company, user, amount, unit
    }

    public init() {}

    /// PostHog's type of group that is a company: `company`, or X where the company comes from
    /// `properties.$groups.X`.
    var groupType: String {
        guard let names = fields[.company]?.names, names.count == 3, names[..<2] == ["properties", "$groups"] else {
            return Field.company.rawValue
        }
        return names[2]
    }
}
