import UsageModel
import WireFormat

/// One event of PostHog's, written as a line of ours.
///
/// - `event` is the task, `distinct_id` the user, `uuid` the id, `properties.$groups.company` the company.
/// - `$pageview` and `$screen` are what their names say; `$groupidentify` is a group call without a user, whose
///   `distinct_id` is a random one; `$create_alias` is an alias.
/// - `$identify` and `$set` bring traits of a user, and are no use of the product. PostHog sends neither with a
///   company, so they are taken where one stands beside them and left otherwise.
/// - What PostHog sends for its other products (`$feature_flag_called`, `$exception`, `$ai_…`) is left.
struct PostHogEvent {
    /// The type of group that is a company.
    let groupType: [UInt8]

    private enum Kind {
        case event(StaticString)
        case group, alias, traits, nothing
    }

    /// Writes `event` to `line`; false when it is one to leave.
    func write(_ event: JSONObject, to line: inout LineText) -> Bool {
        var members = Members()
        event.forEachMember { name, value in members.note(name, value) }
        let properties = members.properties.flatMap(event.object)
        var inner = Properties()
        properties?.forEachMember { name, value in inner.note(name, value) }
        let company = properties.flatMap { self.company(inner, of: $0) }

        line.begin()
        switch kind(members, of: event) {
        case .nothing: return false
        case .group:
            guard let properties, isCompany(inner.groupType, of: properties) else { return false }
            line.add("type", text: "group".utf8)
            line.add("groupId", inner.groupKey, of: properties)
            line.add("traits", inner.groupTraits, of: properties)
        case .alias:
            line.add("type", text: "alias".utf8)
            if let properties {
                line.add("previousId", inner.distinctID, of: properties)
                line.add("userId", inner.alias, of: properties)
            }
        case .traits:
            guard let properties, let company else { return false }
            line.add("type", text: "identify".utf8)
            line.add("company", text: company)
            line.add("userId", members.distinctID, of: event)
            if let traits = members.traits {
                line.add("traits", traits, of: event)
            } else {
                line.add("traits", inner.traits, of: properties)
            }
        case .event(let type):
            line.add("type", text: UnsafeBufferPointer(start: type.utf8Start, count: type.utf8CodeUnitCount))
            line.add("event", members.event, of: event)
            line.add("company", text: company)
            if !isAnonymous(members, inner, event) {
                if let id = members.distinctID {
                    line.add("userId", id, of: event)
                } else if let properties {
                    line.add("userId", inner.distinctID, of: properties)
                }
            }
            line.add("properties", members.properties, of: event)
        }
        line.add("messageId", members.uuid, of: event)
        line.add("timestamp", members.timestamp, of: event)
        line.end()
        return true
    }

    private func kind(_ members: Members, of event: JSONObject) -> Kind {
        guard let slice = members.event, slice.kind == .string, let name = event.plainText(slice) else {
            // The decoder says what is wrong with it.
            return .event("track")
        }
        return name.withUnsafeBytes { name in
            guard name.first == UInt8(ascii: "$") else { return .event("track") }
            if name.isEqual(to: "$pageview") { return .event("page") }
            if name.isEqual(to: "$screen") { return .event("screen") }
            if name.isEqual(to: "$groupidentify") { return .group }
            if name.isEqual(to: "$create_alias") { return .alias }
            if name.isEqual(to: "$identify") || name.isEqual(to: "$set") { return .traits }
            if name.isEqual(to: "$feature_flag_called") || name.isEqual(to: "$exception") { return .nothing }
            return name.starts(with: "$ai_".utf8) ? .nothing : .event("track")
        }
    }

    private func company(_ inner: Properties, of properties: JSONObject) -> [UInt8]? {
        guard let groups = inner.groups.flatMap(properties.object) else { return nil }
        return groupType.withUnsafeBytes { groups.value($0) }.flatMap(groups.plainText)
    }

    private func isCompany(_ type: JSONSlice?, of properties: JSONObject) -> Bool {
        type.flatMap(properties.plainText) == groupType
    }

    /// An event "without a person", to which the client gives a new random `distinct_id` each time.
    private func isAnonymous(_ members: Members, _ inner: Properties, _ event: JSONObject) -> Bool {
        let option = members.options.flatMap(event.object)?.value("process_person_profile")
        return inner.personProfile?.kind == .false || option?.kind == .false
    }

    private struct Members {
        var event, distinctID, uuid, timestamp, properties, options, traits: JSONSlice?

        mutating func note(_ name: UnsafeRawBufferPointer, _ value: JSONSlice) {
            if value.kind == .null { return }
            switch name.count {
            case 4 where name.isEqual(to: "uuid"): uuid = value
            case 4 where name.isEqual(to: "$set"): traits = value
            case 5 where name.isEqual(to: "event"): event = value
            case 7 where name.isEqual(to: "options"): options = value
            case 9 where name.isEqual(to: "timestamp"): timestamp = value
            case 10 where name.isEqual(to: "properties"): properties = value
            case 11 where name.isEqual(to: "distinct_id"): distinctID = value
            default: break
            }
        }
    }

    private struct Properties {
        var groups, groupType, groupKey, groupTraits, distinctID, alias, traits, personProfile: JSONSlice?

        mutating func note(_ name: UnsafeRawBufferPointer, _ value: JSONSlice) {
            if value.kind == .null { return }
            switch name.count {
            case 4 where name.isEqual(to: "$set"): traits = value
            case 5 where name.isEqual(to: "alias"): alias = value
            case 7 where name.isEqual(to: "$groups"): groups = value
            case 10 where name.isEqual(to: "$group_key"): groupKey = value
            case 10 where name.isEqual(to: "$group_set"): groupTraits = value
            case 11 where name.isEqual(to: "$group_type"): groupType = value
            case 11 where name.isEqual(to: "distinct_id"): distinctID = value
            case 23 where name.isEqual(to: "$process_person_profile"): personProfile = value
            default: break
            }
        }
    }
}
