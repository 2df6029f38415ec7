import UsageModel

/// Turns decided lines into the bytes that a sender would write.
struct LineWriter: Sendable {
    private let names: [[UInt8]]
    private let form: LineForm
    private let words = Vocabulary.shared
    private var scratch = [UInt8](repeating: 0, count: LineText.capacity)

    init(names: [[UInt8]], form: LineForm) {
        self.names = names
        self.form = form
    }

    mutating func write(_ line: PendingLine, story: CompanyStory, firstDay: Day, to bytes: inout [UInt8]) {
        let company = names[Int(line.company)]
        let (words, form) = (words, form)
        scratch.withUnsafeMutableBytes { buffer in
            let sentence = Sentence(line: line, story: story, company: company, words: words, firstDay: firstDay)
            var text = LineText(buffer)
            sentence.write(as: form, to: &text)
            text.add(byte: UInt8(ascii: "\n"))
            bytes.append(contentsOf: buffer[..<text.count])
        }
    }
}

/// One line with all that it needs to be said.
private struct Sentence {
    let line: PendingLine
    let story: CompanyStory
    let company: [UInt8]
    let words: Vocabulary
    let firstDay: Day

    func write(as form: LineForm, to text: inout LineText) {
        switch line.subject {
        case .event: writeEvent(as: form, to: &text)
        case .group: writeGroup(to: &text)
        case .identify: writeIdentify(to: &text)
        case .leave: writeLeave(to: &text)
        case .outcome: writeOutcome(to: &text)
        case .touch: writeTouch(to: &text)
        }
    }

    private func writeEvent(as form: LineForm, to text: inout LineText) {
        // Bits of the seed that the id does not show plainly choose the form.
        switch form {
        case .json:
            writeShort(to: &text)
        case .line:
            writePoint(to: &text)
        case .mixed:
            switch line.seed & 7 {
            case 0...3: writeShort(to: &text)
            // Segment's calls have no word for a count.
            case 4, 5: if line.count == 1, line.person >= 0 { writeCall(to: &text) } else { writeShort(to: &text) }
            default: writePoint(to: &text)
            }
        }
    }

    private func writeShort(to text: inout LineText) {
        text.add("{\"company\":\"")
        text.add(company)
        if line.person >= 0 {
            text.add("\",\"user\":\"")
            addUser(to: &text)
        }
        text.add("\",\"task\":\"")
        text.add(words.tasks[Int(line.task)])
        text.add("\",")
        if line.count != 1 {
            text.add("\"count\":")
            text.add(number: Int64(line.count))
            text.add(",")
        }
        if line.value != 0 {
            text.add("\"amount\":")
            addAmount(to: &text)
            text.add(",\"unit\":\"")
            text.add(words.units[story.unit])
            text.add("\",")
        }
        text.add("\"time\":\"")
        text.add(time: line.time)
        text.add("\",\"id\":\"")
        text.add(uuid: line.seed)
        text.add("\",\"source\":\"")
        text.add(source)
        text.add("\"}")
    }

    private func writeCall(to text: inout LineText) {
        text.add("{\"type\":\"track\",\"userId\":\"")
        addUser(to: &text)
        text.add("\",\"event\":\"")
        text.add(words.tasks[Int(line.task)])
        addCallFrame(to: &text)
        if line.value != 0 {
            text.add(",\"properties\":{\"revenue\":")
            addAmount(to: &text)
            text.add(",\"currency\":\"")
            text.add(words.units[story.unit])
            text.add("\"}")
        }
        text.add("}")
    }

    /// `messageId`, `timestamp` and the company of one of Segment's calls.
    private func addCallFrame(to text: inout LineText) {
        text.add("\",\"messageId\":\"")
        text.add(uuid: line.seed)
        text.add("\",\"timestamp\":\"")
        text.add(time: line.time)
        text.add("\",\"context\":{\"groupId\":\"")
        text.add(company)
        text.add("\"}")
    }

    /// No word of the vocabulary needs one of line protocol's escapes.
    private func writePoint(to text: inout LineText) {
        text.add(words.tasks[Int(line.task)])
        text.add(",company=")
        text.add(company)
        text.add(",source=")
        text.add(source)
        if line.value != 0 {
            text.add(",unit=")
            text.add(words.units[story.unit])
        }
        if line.person >= 0 {
            text.add(",user=")
            addUser(to: &text)
        }
        text.add(" count=")
        text.add(number: Int64(line.count))
        text.add("i,id=\"")
        text.add(uuid: line.seed)
        text.add("\"")
        if line.value != 0 {
            text.add(",amount=")
            addAmount(to: &text)
        }
        text.add(" ")
        text.add(number: line.time.milliseconds)
        text.add("000000")
    }

    private func writeGroup(to text: inout LineText) {
        let seats = Int64(line.value)
        text.add("{\"type\":\"group\",\"groupId\":\"")
        text.add(company)
        text.add("\",\"userId\":\"")
        addUser(to: &text)
        text.add("\",\"messageId\":\"")
        text.add(uuid: line.seed)
        text.add("\",\"timestamp\":\"")
        text.add(time: line.time)
        text.add("\",\"traits\":{\"name\":\"")
        text.add(company)
        text.add(" Ltd\",\"timezone\":\"")
        text.add(story.place.zone)
        text.add("\",\"csm\":\"")
        text.add(words.managers[story.manager])
        text.add("\",\"seats\":")
        text.add(number: seats)
        text.add(",\"arr\":")
        text.add(number: seats * Self.yearlyPriceOfSeat)
        text.add(",\"employees\":")
        text.add(number: seats * Int64(3 + story.index % 40))
        text.add(",\"renewal\":\"")
        text.add(day: firstDay + line.renews)
        text.add("\"}}")
    }

    private static let yearlyPriceOfSeat: Int64 = 360

    private func writeIdentify(to text: inout LineText) {
        let person = story.people[Int(line.person)]
        text.add("{\"type\":\"identify\",\"userId\":\"")
        addUser(to: &text)
        addCallFrame(to: &text)
        text.add(",\"traits\":{\"email\":\"")
        addUser(to: &text)
        text.add("\",\"name\":\"")
        addCapitalised(words.firstNames[person.firstName], to: &text)
        text.add(" ")
        addCapitalised(words.lastNames[person.lastName], to: &text)
        text.add("\",\"role\":\"")
        text.add(words.roles[person.role])
        text.add("\"}}")
    }

    private func writeLeave(to text: inout LineText) {
        text.add("{\"type\":\"leave\",\"company\":\"")
        text.add(company)
        text.add("\",\"user\":\"")
        addUser(to: &text)
        addControlFrame(source: "directory", to: &text)
    }

    private func writeOutcome(to text: inout LineText) {
        text.add("{\"type\":\"outcome\",\"company\":\"")
        text.add(company)
        text.add("\",\"outcome\":\"")
        text.add(PendingLine.outcomes[Int(line.value)])
        addControlFrame(source: "billing", to: &text)
    }

    private func writeTouch(to text: inout LineText) {
        text.add("{\"type\":\"touch\",\"company\":\"")
        text.add(company)
        text.add("\",\"channel\":\"")
        text.add(words.channels[Int(line.seed % UInt64(words.channels.count))])
        text.add("\",\"by\":\"")
        text.add(words.managers[story.manager])
        addControlFrame(source: "crm", to: &text)
    }

    private func addControlFrame(source: StaticString, to text: inout LineText) {
        text.add("\",\"time\":\"")
        text.add(time: line.time)
        text.add("\",\"id\":\"")
        text.add(uuid: line.seed)
        text.add("\",\"source\":\"")
        text.add(source)
        text.add("\"}")
    }

    /// `ada.berg@brightforge.example`: unique in all companies, and an address in a domain that RFC 2606
    /// keeps free.
    private func addUser(to text: inout LineText) {
        let person = story.people[Int(line.person)]
        text.add(words.firstNames[person.firstName])
        text.add(".")
        text.add(words.lastNames[person.lastName])
        text.add("@")
        text.add(company)
        text.add(".example")
    }

    private func addCapitalised(_ word: [UInt8], to text: inout LineText) {
        text.add(byte: word[0] - (UInt8(ascii: "a") - UInt8(ascii: "A")))
        text.add(Array(word.dropFirst()))
    }

    private func addAmount(to text: inout LineText) {
        text.add(number: Int64(line.value / 100))
        text.add(".")
        text.add(digits: Int(line.value % 100), width: 2)
    }

    /// A person works in the browser or the app; without a person it was a program.
    private var source: [UInt8] {
        line.person < 0 ? words.sources[2] : words.sources[line.seed >> 8 & 3 == 0 ? 1 : 0]
    }
}
