import UsageModel

/// The fold's global record, and its parts.
extension Fold {
    /// What is neither in a company's part nor in a page of users: small, and written whole each time.
    func writeGlobal(to out: ByteBuffer) {
        // The last company with a state: a name may have come with a line that was refused, and never reach the log.
        out.append(UInt32(max(companies.count - 1, 0)))
        out.append(UInt32(names.count(.user)))
        out.append(UInt32(store.userPages.pointee.pageCount))
        out.append(settings.json.text)
        clock.write(to: out)
        out.append(UInt32(zones.count))
        for name in zones.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            zones[name]?.write(to: out)
        }
        out.append(UInt32(producers.count))
        for (producer, seq) in producers.sorted(by: { $0.key.number < $1.key.number }) {
            out.append(producer)
            out.append(seq)
        }
        sourceTimes.write(to: out)
    }

    mutating func readGlobal(_ reader: inout ByteReader) throws(DamagedBytes) {
        reading.counted = PartCounts(
            companies: Int(try reader.number(UInt32.self)), users: Int(try reader.number(UInt32.self)),
            pages: Int(try reader.number(UInt32.self)))
        guard let settings = try? Settings(json: JSON(parsing: Array(try reader.text().utf8))) else {
            throw DamagedBytes("settings that are none")
        }
        use(settings)
        clock = try UsageClock(&reader)
        for _ in 0..<(try reader.count()) {
            let zone = try Zone(&reader)
            zones[zone.name] = zone
        }
        settleZones()
        for _ in 0..<(try reader.count()) {
            let producer: ProducerID = try reader.identifier()
            producers[producer] = try reader.number()
        }
        sourceTimes = try Rows(&reader)
    }

    mutating func readCompany(
        _ company: CompanyID, _ reader: inout ByteReader
    ) throws(DamagedBytes) -> UnsafeMutablePointer<CompanyState> {
        guard !company.isNone, Int(company.number) <= reading.counted.companies, state(company) == nil else {
            throw DamagedBytes("a company without a name, or one that is there twice")
        }
        let state = addCompany(company)
        let hasOlderDays = try state.pointee.read(&reader)
        state.pointee.use(zone(of: state))
        if let days = reading.earlyDays.removeValue(forKey: company) {
            var reader = ByteReader(days.bytes)
            try state.pointee.readOlderDays(&reader)
            guard reader.isAtEnd else { throw DamagedBytes("more bytes than a company's days have") }
        } else if hasOlderDays {
            reading.isAwaitingDays[Int(company.number)] = true
        }
        return state
    }

    mutating func readDays(of company: CompanyID, _ reader: inout ByteReader) throws(DamagedBytes) {
        if let state = state(company) {
            reading.isAwaitingDays[Int(company.number)] = false
            try state.pointee.readOlderDays(&reader)
        } else {
            let days = ByteBuffer()
            days.append(reader.rest())
            reading.earlyDays[company] = days
        }
    }

    /// To be called when all parts have been read.
    mutating func endReading(_ rows: RowReading) throws(DamagedBytes) {
        guard reading.earlyDays.isEmpty, !reading.isAwaitingDays.contains(true) else {
            throw DamagedBytes("a company without its days, or days without their company")
        }
        try rows.end(companies: companies, homeSum: reading.homeSum) { identities.addMembership(of: $0, in: $1) }
        reading = PartReading()
    }
}

extension UsageClock {
    fileprivate func write(to out: ByteBuffer) {
        out.append(now)
        out.append(far?.time)
        out.append(far?.user ?? .none)
    }

    fileprivate init(_ reader: inout ByteReader) throws(DamagedBytes) {
        let now = try reader.optionalTime()
        let farTime = try reader.optionalTime()
        let farUser: UserID = try reader.identifier()
        self.init(now: now, far: farTime.map { FarEvent(user: farUser, time: $0) })
    }
}
