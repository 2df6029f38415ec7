import Clients
import Portraits
import Rules
import Yams

/// `sources: {billing: {heartbeat: 2h, key_file: billing.key}}`: the names are the senders', not ours.
extension ConfigurationFile {
    private static let sourceSettings = ["heartbeat", "key_file", "company", "fields", "tasks"]

    mutating func readSources(_ node: Node, into configuration: inout Configuration) {
        if node.isNull { return }
        guard let sources = node.mapping else {
            return report(node, "sources: expected sources by name, such as `billing: {heartbeat: 2h}`")
        }
        for (key, value) in sources {
            guard let name = key.scalar?.string, !name.isEmpty else {
                report(key, "sources: expected the name of a source")
                continue
            }
            guard let settings = value.mapping else {
                report(value, "sources.\(name): expected settings in a mapping, such as `{heartbeat: 2h}`")
                continue
            }
            var source = SourceKeys(name: name)
            for (key, value) in settings { readSource(&source, key: key, value: value, into: &configuration) }
            if source.keyFile == nil, source != SourceKeys(name: name) {
                report(
                    value,
                    "sources.\(name): company, fields and tasks hold for requests with the source's key; name its key_file"
                )
            }
            configuration.sources.append(source)
        }
    }

    private mutating func readSource(
        _ source: inout SourceKeys, key: Node, value: Node, into configuration: inout Configuration
    ) {
        let name = key.scalar?.string ?? ""
        let place = "sources.\(source.name).\(name)"
        switch name {
        case "heartbeat":
            guard let heartbeat = value.scalar.flatMap({ DurationText.milliseconds($0.string) }), heartbeat >= 1_000
            else { return expect("a duration of at least 1s, such as 2h", at: place, value) }
            configuration.settings.heartbeats[source.name] = heartbeat
        case "key_file":
            guard let file = text(value) else {
                return expect("the name of a file that holds the key", at: place, value)
            }
            source.keyFile = file
            source.line = value.mark?.line
        case "company":
            guard let company = text(value) else { return expect("the name of a company", at: place, value) }
            source.mapping.company = company
        case "fields": readFields(value, place, into: &source.mapping)
        case "tasks": readTasks(value, place, into: &source.mapping)
        default:
            let near = Suggestion.nearest(to: name, among: Self.sourceSettings).map { " (\($0))" } ?? ""
            report(key, "unknown setting \"\(place)\"\(near)")
        }
    }

    private mutating func readFields(_ node: Node, _ place: String, into mapping: inout SourceMapping) {
        guard let fields = node.mapping else {
            return expect("places by name, such as `{company: properties.account_id}`", at: place, node)
        }
        for (key, value) in fields {
            guard let field = key.scalar.flatMap({ SourceMapping.Field(rawValue: $0.string) }) else {
                let names = SourceMapping.Field.allCases.map(\.rawValue).joined(separator: ", ")
                expect("one of \(names)", at: place, key)
                continue
            }
            guard let path = text(value).flatMap(FieldPath.init) else {
                expect("names with dots between them, such as properties.account_id", at: "\(place).\(field)", value)
                continue
            }
            mapping.fields[field] = path
        }
    }

    private mutating func readTasks(_ node: Node, _ place: String, into mapping: inout SourceMapping) {
        guard let choice = node.mapping, choice.count == 1, let verb = choice.first?.key.scalar?.string,
            ["take", "leave"].contains(verb), let names = choice.first?.value.sequence,
            case let patterns = names.compactMap({ text($0).map(TaskPattern.init) }), patterns.count == names.count
        else { return expect("`{take: [names]}` or `{leave: [names]}`, such as `{take: [report.*]}`", at: place, node) }
        mapping.tasks = verb == "take" ? .taking(patterns) : .leaving(patterns)
    }

    private func text(_ node: Node) -> String? {
        guard let text = node.scalar?.string, !text.isEmpty, !node.isNull else { return nil }
        return text
    }

    private mutating func expect(_ what: String, at place: String, _ node: Node) {
        let given = node.scalar.map { "\"\($0.string)\"" } ?? "something else"
        report(node, "\(place): expected \(what), not \(given)")
    }
}
