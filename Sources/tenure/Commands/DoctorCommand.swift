import ArgumentParser
import UsageModel

/// `tenure doctor`.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what is wrong or soon will be, each with a line of what to do.",
        discussion: Help.text(
            "tenure doctor", words: "Exit code 1 when there is a problem; warnings alone are 0."))

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let diagnosis = diagnose()
        switch shared.outputForm {
        case .json: for finding in diagnosis.findings { StandardOutput.write(finding.json.text + "\n") }
        case let form: StandardOutput.write(FindingsTable.table(diagnosis.findings).text(form))
        }
        guard diagnosis.worst < .problem else { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func diagnose() -> Diagnosis {
        do {
            let connection = try shared.connect()
            let status = try connection.get(RequestTarget("v1", "status"))
            return Diagnosis(status: status, configuration: try connection.get(RequestTarget("v1", "config")))
        } catch let error as CommandError {
            return Diagnosis(unreachable: error)
        } catch {
            return Diagnosis(unreachable: CommandError(.failed, "\(error)"))
        }
    }
}

extension Finding {
    var json: JSON {
        [
            "level": .string("\(level)"), "subject": .string(subject), "message": .string(message),
            "remedy": .optional(remedy),
        ]
    }
}

/// The rows of `tenure doctor`.
enum FindingsTable {
    static func table(_ findings: [Finding]) -> Table {
        let columns = [
            Column("level", ""), Column("subject", "WHAT"), Column("message", "HOW IT IS", leastWidth: 24),
            Column("remedy", "WHAT TO DO", isMovable: true),
        ]
        let rows = findings.map { finding -> [Cell] in
            let (mark, style): (String, Style) =
                switch finding.level {
                case .good: ("ok", .good)
                case .warning: ("warning", .warning)
                case .problem: ("PROBLEM", .bad)
                }
            return [
                Cell(mark, raw: "\(finding.level)", style: style), Cell(finding.subject, style: .heading),
                Cell(finding.message), Cell(finding.remedy ?? ""),
            ]
        }
        return Table(columns: columns, rows: rows)
    }
}
