/// A member of a JSON line that means something, told by its name and by the object that it stands in.
/// Raw values are places in `JSONLineReader`'s table.
enum JSONLineField: UInt8, CaseIterable {
    case type
    // Ours.
    case company, user, task, amount, unit, count, time, id, source, producerSeq
    case outcome, channel, by, note, producer, tag
    // Segment's.
    case event, name, userID, anonymousID, previousID, messageID, timestamp, groupID
    case context, traits
    /// `properties`, or `props` in the short form.
    case properties
    // Inside of those.
    case contextGroupID, contextTraits, contextEmail
    case traitsEmail
    case propertiesAmount, propertiesValue, propertiesRevenue, propertiesCurrency, propertiesPassive
}

/// The objects whose members are looked at.
enum JSONLineScope: UInt8, CaseIterable {
    case line, context, contextTraits, traits, properties

    /// The field named `name` in this object; nil when it means nothing to us.
    @inline(__always)
    func field(_ name: UnsafeRawBufferPointer) -> JSONLineField? {
        switch self {
        case .line: Self.fieldOfLine(name)
        case .context:
            name.isEqual(to: "groupId") ? .contextGroupID : name.isEqual(to: "traits") ? .contextTraits : nil
        case .contextTraits: name.isEqual(to: "email") ? .contextEmail : nil
        case .traits: name.isEqual(to: "email") ? .traitsEmail : nil
        case .properties: Self.fieldOfProperties(name)
        }
    }

    private static func fieldOfProperties(_ name: UnsafeRawBufferPointer) -> JSONLineField? {
        switch name.count {
        case 5: name.isEqual(to: "value") ? .propertiesValue : nil
        case 6: name.isEqual(to: "amount") ? .propertiesAmount : nil
        case 7:
            name.isEqual(to: "revenue")
                ? .propertiesRevenue : name.isEqual(to: "passive") ? .propertiesPassive : nil
        case 8: name.isEqual(to: "currency") ? .propertiesCurrency : nil
        default: nil
        }
    }

    /// Told by length first, so that each name is compared with few others.
    private static func fieldOfLine(_ name: UnsafeRawBufferPointer) -> JSONLineField? {
        switch name.count {
        case 2: name.isEqual(to: "id") ? .id : name.isEqual(to: "by") ? .by : nil
        case 3: name.isEqual(to: "tag") ? .tag : nil
        case 4: fieldOfFour(name)
        case 5:
            name.isEqual(to: "event")
                ? .event : name.isEqual(to: "props") ? .properties : name.isEqual(to: "count") ? .count : nil
        case 6:
            name.isEqual(to: "userId")
                ? .userID
                : name.isEqual(to: "amount")
                    ? .amount : name.isEqual(to: "source") ? .source : name.isEqual(to: "traits") ? .traits : nil
        case 7: fieldOfSeven(name)
        case 8: name.isEqual(to: "producer") ? .producer : nil
        case 9: name.isEqual(to: "messageId") ? .messageID : name.isEqual(to: "timestamp") ? .timestamp : nil
        case 10: name.isEqual(to: "properties") ? .properties : name.isEqual(to: "previousId") ? .previousID : nil
        case 11: name.isEqual(to: "anonymousId") ? .anonymousID : nil
        case 12: name.isEqual(to: "producer_seq") ? .producerSeq : nil
        default: nil
        }
    }

    private static func fieldOfFour(_ name: UnsafeRawBufferPointer) -> JSONLineField? {
        if name.isEqual(to: "type") { return .type }
        if name.isEqual(to: "user") { return .user }
        if name.isEqual(to: "task") { return .task }
        if name.isEqual(to: "time") { return .time }
        if name.isEqual(to: "unit") { return .unit }
        if name.isEqual(to: "name") { return .name }
        return name.isEqual(to: "note") ? .note : nil
    }

    private static func fieldOfSeven(_ name: UnsafeRawBufferPointer) -> JSONLineField? {
        if name.isEqual(to: "company") { return .company }
        if name.isEqual(to: "context") { return .context }
        if name.isEqual(to: "groupId") { return .groupID }
        if name.isEqual(to: "channel") { return .channel }
        return name.isEqual(to: "outcome") ? .outcome : nil
    }
}

extension JSONLineField {
    /// The member's name as the sender writes it, for refusals.
    var writtenName: StaticString {
        switch self {
        case .type: "type"
        case .company: "company"
        case .user: "user"
        case .task: "task"
        case .amount: "amount"
        case .unit: "unit"
        case .count: "count"
        case .time: "time"
        case .id: "id"
        case .source: "source"
        case .producerSeq: "producer_seq"
        case .outcome: "outcome"
        case .channel: "channel"
        case .by: "by"
        case .note: "note"
        case .producer: "producer"
        case .tag: "tag"
        case .event: "event"
        case .name: "name"
        case .userID: "userId"
        case .anonymousID: "anonymousId"
        case .previousID: "previousId"
        case .messageID: "messageId"
        case .timestamp: "timestamp"
        case .groupID: "groupId"
        case .context: "context"
        case .traits: "traits"
        case .properties: "properties"
        case .contextGroupID: "context.groupId"
        case .contextTraits: "context.traits"
        case .contextEmail: "context.traits.email"
        case .traitsEmail: "traits.email"
        case .propertiesAmount: "properties.amount"
        case .propertiesValue: "properties.value"
        case .propertiesRevenue: "properties.revenue"
        case .propertiesCurrency: "properties.currency"
        case .propertiesPassive: "properties.passive"
        }
    }

    /// The object to look into when this member is one, with the fields that come from it.
    var inner: (scope: JSONLineScope, fields: ClosedRange<UInt8>)? {
        switch self {
        case .context: (.context, Self.contextGroupID.rawValue...Self.contextEmail.rawValue)
        case .contextTraits: (.contextTraits, Self.contextEmail.rawValue...Self.contextEmail.rawValue)
        case .traits: (.traits, Self.traitsEmail.rawValue...Self.traitsEmail.rawValue)
        case .properties: (.properties, Self.propertiesAmount.rawValue...Self.propertiesPassive.rawValue)
        default: nil
        }
    }
}
