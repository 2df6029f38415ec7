import UsageModel

/// `tenure status` on a terminal.
enum StatusPage {
    private static let nameWidth = 10

    static func text(_ status: JSON, width: Int, colour: Bool) -> String {
        var page = Page(width: width, colour: colour)
        let state = status.at("state")?.stringValue ?? Quantity.unknown
        func count(_ name: String) -> String { Quantity.whole(status.at(name)?.intValue) }
        func counted(_ name: String, _ noun: String) -> String { Quantity.count(status.at(name)?.intValue, noun) }
        page.title(
            "tenured \(status.at("version")?.plainText ?? "")",
            right: "up \(Quantity.seconds(status.at("uptime_s")?.doubleValue))")
        page.line([
            (state, state == "ready" ? .good : .warning), ("clock \(status.at("clock")?.stringValue ?? "")", .plain),
            ("now \(Quantity.instant(status.at("now")?.stringValue)) UTC", .plain),
        ])
        if let complaint = status.at("clock_complaint")?.stringValue { page.paragraph(complaint) }
        let evaluated = status.at("evaluated_seq")?.intValue ?? status.at("seq")?.intValue
        let behind =
            evaluated == status.at("seq")?.intValue ? "all evaluated" : "evaluated to \(Quantity.whole(evaluated))"
        entry("log", "seq \(count("seq")), \(behind)\(storage(status))", &page)
        if let checkpoint = status.at("checkpoint") {
            entry(
                "checkpoint",
                "seq \(Quantity.whole(checkpoint.at("seq")?.intValue)), \(Quantity.bytes(checkpoint.at("bytes")?.intValue))",
                &page)
        }
        entry(
            "events",
            "\(count("events")) taken, \(counted("duplicates", "duplicate")), \(counted("conflicts", "conflict")), "
                + "\(count("rejects")) refused", &page)
        entry("known", "\(count("companies")) companies, \(count("users")) users, \(count("tasks")) tasks", &page)
        entry("flags", "\(count("flags_open")) open", &page)
        sources(status, &page)
        if let rules = status.at("rules") {
            let file = rules.at("file")?.stringValue ?? "built in"
            entry(
                "rules",
                "\(Quantity.whole(rules.at("count")?.intValue)) from \(file), version \(rules.at("version")?.plainText ?? "")",
                &page)
        }
        if let sockets = status.at("sockets") {
            let paths = [sockets.at("ingest")?.plainText, sockets.at("http")?.plainText].compactMap { $0 }
            let connections = status.at("connections").map { "; \($0.plainText ?? "") connections" } ?? ""
            entry("sockets", paths.joined(separator: ", ") + connections, &page)
        }
        if let digest = status.at("digest")?.plainText { entry("digest", digest, &page) }
        return page.text
    }

    /// Only those from which data are expected.
    private static func sources(_ status: JSON, _ page: inout Page) {
        for source in status.at("sources")?.arrayValue ?? [] {
            let name = source.at("name")?.stringValue ?? ""
            let dataTo = "data to \(Quantity.instant(source.at("data_to")?.stringValue)) UTC"
            let silence = source.at("silent_since")?.stringValue.map { ", silent since \(Quantity.instant($0)) UTC" }
            entry(
                "source", name + ": " + (source.at("data_to") == nil ? "not heard yet" : dataTo) + (silence ?? ""),
                &page)
        }
    }

    private static func storage(_ status: JSON) -> String {
        guard let log = status.at("log") else { return "" }
        let segments = log.at("segments")?.intValue ?? 0
        let size = "; \(Quantity.bytes(log.at("bytes")?.intValue)) in \(Quantity.count(segments, "segment"))"
        return size + (log.at("directory")?.stringValue.map { " at \($0)" } ?? "")
    }

    private static func entry(_ name: String, _ words: String, _ page: inout Page) {
        page.entry(name, words, nameWidth: nameWidth)
    }
}
