import Rules
import UsageModel
import Yams

/// One setting of the configuration file: its name, how its value is read, and how it is written.
struct Setting: Sendable {
    /// With its section: `ingest.max_future`.
    let name: String
    /// Reads a value into the configuration; on a mistake says what was expected.
    let read: @Sendable (Node, inout Configuration) throws(Expected) -> Void
    /// The value as YAML writes it.
    let text: @Sendable (Configuration) -> String

    /// What the value should have been, such as `a duration, such as 10m`.
    struct Expected: Error, Equatable {
        var what: String
    }
}

extension Setting {
    typealias Path<Value> = any WritableKeyPath<Configuration, Value> & Sendable

    /// A whole number from `least` on.
    static func count(_ name: String, _ path: Path<Int>, atLeast least: Int = 1) -> Setting {
        Setting(name: name) { (node, configuration) throws(Expected) in
            guard let value = node.scalar.flatMap({ Int($0.string.filter { $0 != "_" }) }), value >= least else {
                throw Expected(what: "a whole number of at least \(least)")
            }
            configuration[keyPath: path] = value
        } text: {
            String($0[keyPath: path])
        }
    }

    /// Bytes: a whole number, alone or with KiB, MiB or GiB.
    static func bytes(_ name: String, _ path: Path<Int>, atMost greatest: Int = .max) -> Setting {
        Setting(name: name) { (node, configuration) throws(Expected) in
            guard let value = node.scalar.flatMap({ ByteCountText.bytes($0.string) }), 1...greatest ~= value else {
                let bound = greatest == .max ? "" : ", at most \(ByteCountText.text(greatest))"
                throw Expected(what: "a number of bytes, such as 64KiB" + bound)
            }
            configuration[keyPath: path] = value
        } text: {
            ByteCountText.text($0[keyPath: path])
        }
    }

    static func milliseconds(_ name: String, _ path: Path<Int64>) -> Setting {
        Setting(name: name) { (node, configuration) throws(Expected) in
            configuration[keyPath: path] = try duration(node)
        } text: {
            DurationText.text($0[keyPath: path])
        }
    }

    /// A duration that is kept in whole seconds.
    static func seconds(_ name: String, _ path: Path<Int>) -> Setting {
        Setting(name: name) { (node, configuration) throws(Expected) in
            let milliseconds = try duration(node)
            guard milliseconds >= 1_000 else { throw Expected(what: "a duration of at least 1s") }
            configuration[keyPath: path] = Int(milliseconds / 1_000)
        } text: {
            DurationText.text(Int64($0[keyPath: path]) * 1_000)
        }
    }

    static func flag(_ name: String, _ path: Path<Bool>) -> Setting {
        Setting(name: name) { (node, configuration) throws(Expected) in
            switch node.scalar?.string {
            case "true": configuration[keyPath: path] = true
            case "false": configuration[keyPath: path] = false
            default: throw Expected(what: "true or false")
            }
        } text: {
            String($0[keyPath: path])
        }
    }

    static func string(_ name: String, _ path: Path<String>) -> Setting {
        Setting(name: name) { (node, configuration) throws(Expected) in
            configuration[keyPath: path] = try text(node)
        } text: {
            yaml($0[keyPath: path])
        }
    }

    /// Text, or null for none.
    static func optionalString(_ name: String, _ path: Path<String?>) -> Setting {
        Setting(name: name) { (node, configuration) throws(Expected) in
            configuration[keyPath: path] = node.isNull ? nil : try text(node)
        } text: {
            $0[keyPath: path].map(yaml) ?? "null"
        }
    }

    static func strings(_ name: String, _ path: Path<[String]>) -> Setting {
        Setting(name: name) { (node, configuration) throws(Expected) in
            guard let sequence = node.sequence else { throw Expected(what: "a list, such as [\"a\", \"b\"]") }
            var values: [String] = []
            for element in sequence { values.append(try text(element)) }
            configuration[keyPath: path] = values
        } text: {
            "[" + $0[keyPath: path].map(yaml).joined(separator: ", ") + "]"
        }
    }

    /// One of an enumeration's words.
    static func word<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ path: Path<Word>
    ) -> Setting {
        Setting(name: name) { (node, configuration) throws(Expected) in
            guard let value = node.scalar.flatMap({ Word(rawValue: $0.string) }) else {
                throw Expected(what: "one of " + Word.allCases.map(\.rawValue).joined(separator: ", "))
            }
            configuration[keyPath: path] = value
        } text: {
            $0[keyPath: path].rawValue
        }
    }

    /// `text` as YAML reads it back: as it is where that means text, else quoted as in JSON, which YAML contains.
    private static func yaml(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        let startsAsText = text.utf8.first.map { $0 != UInt8(ascii: "-") } ?? false
        let isWord = ["null", "true", "false"].contains(text.lowercased())
        return isPlain && startsAsText && !isWord ? text : JSON.string(text).text
    }

    private static func text(_ node: Node) throws(Expected) -> String {
        guard let text = node.scalar?.string, !text.isEmpty, !node.isNull else { throw Expected(what: "text") }
        return text
    }

    private static func duration(_ node: Node) throws(Expected) -> Int64 {
        guard let value = node.scalar.flatMap({ DurationText.milliseconds($0.string) }) else {
            throw Expected(what: "a duration, such as 10m")
        }
        return value
    }
}

extension Node {
    /// An unquoted `null`, `~` or nothing at all, as YAML 1.2's core schema has it.
    var isNull: Bool {
        guard let scalar, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }
}
