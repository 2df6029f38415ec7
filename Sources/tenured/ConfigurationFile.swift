import Portraits
import Rules
import UsageModel
import Yams

/// Reads a configuration file: settings by name, in sections; everything else is a mistake.
struct ConfigurationFile {
    private let fileName: String
    private var mistakes: [ConfigurationError.Mistake] = []

    /// The defaults changed by the settings in `text`. Throws all mistakes at once.
    static func parse(_ text: String, fileName: String) throws(ConfigurationError) -> Configuration {
        var file = ConfigurationFile(fileName: fileName)
        var configuration = Configuration()
        do {
            if let root = try Yams.compose(yaml: text), !root.isNull { file.readRoot(root, into: &configuration) }
        } catch {
            file.mistakes.append(file.mistake(of: error))
        }
        guard file.mistakes.isEmpty else { throw ConfigurationError(mistakes: file.mistakes) }
        return configuration
    }

    private init(fileName: String) { self.fileName = fileName }

    private mutating func readRoot(_ root: Node, into configuration: inout Configuration) {
        guard let mapping = root.mapping else {
            return report(root, "the file must be a mapping of settings, such as `log_level: info`")
        }
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            if name == Setting.sourcesName {
                readSources(value, into: &configuration)
            } else if Setting.sections.contains(name) {
                readSection(name, value, into: &configuration)
            } else {
                read(name, key: key, value: value, into: &configuration)
            }
        }
    }

    private mutating func readSection(_ section: String, _ node: Node, into configuration: inout Configuration) {
        // People write `clock: event` as well as `clock.max_step`: a word alone is the mode.
        if section == "clock", node.scalar != nil, !node.isNull {
            return read(Setting.clockModeName, key: node, value: node, into: &configuration)
        }
        if node.isNull { return }
        guard let mapping = node.mapping else { return report(node, "\(section): expected settings in a mapping") }
        for (key, value) in mapping {
            read("\(section).\(key.scalar?.string ?? "")", key: key, value: value, into: &configuration)
        }
    }

    private mutating func read(_ name: String, key: Node, value: Node, into configuration: inout Configuration) {
        guard let setting = Setting.all.first(where: { $0.name == name }) else {
            return report(key, "unknown setting \"\(name)\"" + suggestion(for: name))
        }
        do throws(Setting.Expected) {
            try setting.read(value, &configuration)
        } catch {
            let given = value.scalar.map { "\"\($0.string)\"" } ?? "something else"
            report(value, "\(name): expected \(error.what), not \(given)")
        }
    }

    /// A name near `name`; for one in the wrong section, the right one.
    private func suggestion(for name: String) -> String {
        let names = Setting.all.map(\.name)
        if let near = Suggestion.nearest(to: name, among: names + Setting.sections + [Setting.sourcesName]) {
            return " (\(near))"
        }
        let last = name.split(separator: ".").last.map(String.init) ?? name
        if let elsewhere = names.first(where: { $0.hasSuffix("." + last) || $0 == last }) {
            return " (did you mean \"\(elsewhere)\"?)"
        }
        return ""
    }

    mutating func report(_ node: Node, _ message: String) {
        mistakes.append(
            .init(file: fileName, line: node.mark?.line, column: node.mark?.column, message: message))
    }

    private func mistake(of error: any Error) -> ConfigurationError.Mistake {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            .init(file: fileName, line: mark.line, column: mark.column, message: problem)
        case YamlError.duplicatedKeysInMapping(let duplicates, let context):
            .init(
                file: fileName, line: context.mark.line, column: context.mark.column,
                message: duplicates.map { "\"\($0)\" is set twice" }.joined(separator: ", "))
        default: .init(file: fileName, message: "\(error)")
        }
    }
}
