/// A name of the rule file that an expression mentions.
struct Reference: Hashable {
    enum Kind: Hashable { case flag, score, segment, stage, set }

    var kind: Kind
    /// Empty for the stage.
    var name: String
    /// UTF-8 offset in the expression.
    var offset: Int
}

extension Syntax {
    /// Every name of the rule file below this node, in the order written.
    var references: [Reference] {
        var found: [Reference] = []
        collect(into: &found)
        return found
    }

    private func collect(into found: inout [Reference]) {
        switch form {
        case .name("stage"), .name("stage_days"):
            found.append(Reference(kind: .stage, name: "", offset: start))
        case .call(let function, let arguments):
            if let first = arguments.first, case .text(let name) = first.value.form,
                let reference = Self.reference(function, name, at: first.value.start)
            {
                found.append(reference)
            }
        default: break
        }
        for part in parts { part.collect(into: &found) }
    }

    private static func reference(_ function: String, _ name: String, at offset: Int) -> Reference? {
        switch function {
        case "flag": Reference(kind: .flag, name: name, offset: offset)
        case "score": Reference(kind: .score, name: name, offset: offset)
        case "segment": Reference(kind: .segment, name: name, offset: offset)
        default:
            name.hasPrefix("@") ? Reference(kind: .set, name: String(name.dropFirst()), offset: offset) : nil
        }
    }
}
