import UsageModel

/// What the member `type` says a JSON line is. Without it a line is an event in the short form.
enum JSONLineType {
    case record(RecordKind)
    case hello, sync, ping

    /// Nil for any other word. Told by length first, so that each word is compared with few others.
    init?(_ word: UnsafeRawBufferPointer) {
        switch word.count {
        case 4:
            if word.isEqual(to: "page") {
                self = .record(.page)
            } else if word.isEqual(to: "sync") {
                self = .sync
            } else if word.isEqual(to: "ping") {
                self = .ping
            } else {
                return nil
            }
        case 5:
            guard let kind = Self.kindOfFive(word) else {
                guard word.isEqual(to: "hello") else { return nil }
                self = .hello
                return
            }
            self = .record(kind)
        default:
            guard let kind = Self.kindOfMore(word) else { return nil }
            self = .record(kind)
        }
    }

    private static func kindOfFive(_ word: UnsafeRawBufferPointer) -> RecordKind? {
        if word.isEqual(to: "track") { return .track }
        if word.isEqual(to: "group") { return .group }
        if word.isEqual(to: "alias") { return .alias }
        if word.isEqual(to: "leave") { return .leave }
        if word.isEqual(to: "touch") { return .touch }
        return word.isEqual(to: "clock") ? .clock : nil
    }

    private static func kindOfMore(_ word: UnsafeRawBufferPointer) -> RecordKind? {
        if word.isEqual(to: "identify") { return .identify }
        if word.isEqual(to: "screen") { return .screen }
        return word.isEqual(to: "outcome") ? .outcome : nil
    }
}
