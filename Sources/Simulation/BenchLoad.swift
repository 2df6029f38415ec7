public import UsageModel

/// Event lines for a benchmark, rendered before any clock runs, so that making them costs the measurement nothing.
///
/// Companies and their users are skewed as in life: the r-th company has events and users in proportion to
/// 1/r (Zipf's law), so that a few are large and most are small. The same seed gives the same load, but for
/// the times, which end at `end`.
public struct BenchLoad: Sendable {
    /// What is to be rendered.
    public struct Shape: Sendable {
        public var form = BenchForm.json
        public var events = 1_000_000
        public var companies = 10_000
        public var users = 200_000
        /// Of all events, how many have an id.
        public var idShare = 1.0
        /// Of all events, how many lie up to a week back.
        public var lateShare = 0.02
        public var seed: UInt64 = 1
        /// Of the ids alone, else `seed`: the same doings again, as other events.
        public var idSeed: UInt64?

        public init() {}
    }

    public private(set) var bytes: [UInt8] = []
    /// Where each line ends, its newline included.
    public private(set) var ends: [Int] = []

    /// Longest line of either form: names and numbers are of bounded width.
    private static let longestLine = 256
    private static let tasks = [
        "report.exported", "invoice.sent", "app.opened", "dashboard.viewed", "report.created", "contact.added",
        "comment.written", "file.uploaded", "search.run", "filter.saved", "team.invited", "settings.changed",
    ].map { Array($0.utf8) }
    /// On-time events lie within this before `end`.
    public static let spanMilliseconds: Int64 = 60_000
    private static let lateMilliseconds: Int64 = 7 * millisecondsPerDay

    public init(_ shape: Shape, end: Timestamp) {
        var random = SeededRandom(seed: shape.seed)
        var ids = SeededRandom(seed: SeededRandom.mixed(shape.idSeed ?? shape.seed))
        let cast = BenchCast(companies: shape.companies, users: shape.users)
        bytes.reserveCapacity(shape.events * Self.longestLine)
        ends.reserveCapacity(shape.events)
        for index in 0..<shape.events {
            let (company, user) = cast.next(&random)
            var age = Self.spanMilliseconds * Int64(shape.events - 1 - index) / Int64(max(1, shape.events))
            if random.unit() < shape.lateShare { age += Int64(random.unit() * Double(Self.lateMilliseconds)) }
            let event = BenchEvent(
                company: company, user: user,
                task: Self.tasks[Int(random.unit() * random.unit() * Double(Self.tasks.count))],
                time: end + -age, cents: Int(random.next() % 100_000),
                id: random.unit() < shape.idShare ? (ids.next(), ids.next()) : nil)
            switch shape.form {
            case .json: event.writeCall(to: &bytes)
            case .line: event.writePoint(to: &bytes)
            }
            ends.append(bytes.count)
        }
    }
}

public enum BenchForm: String, CaseIterable, Sendable {
    /// Segment's `track`, some 200 bytes.
    case json
    /// InfluxDB line protocol.
    case line
}

/// Who acts: companies by Zipf's law, each with users of its own.
private struct BenchCast {
    /// Σ 1/i up to each rank, over the whole: a share of all events finds its company by bisection.
    private var shares: [Double] = []
    /// By company: the number of its first user, and at the end one more than the last.
    private var firstUsers: [Int] = [0]

    init(companies: Int, users: Int) {
        var sum = 0.0
        for rank in 1...companies {
            sum += 1 / Double(rank)
            shares.append(sum)
        }
        for rank in 1...companies {
            shares[rank - 1] /= sum
            firstUsers.append(firstUsers[rank - 1] + max(1, Int((Double(users) / (sum * Double(rank))).rounded())))
        }
    }

    func next(_ random: inout SeededRandom) -> (company: Int, user: Int) {
        let share = random.unit()
        var (low, high) = (0, shares.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if shares[middle] > share { high = middle } else { low = middle + 1 }
        }
        // The square makes some users of a company busier than others.
        let place = random.unit()
        let count = firstUsers[low + 1] - firstUsers[low]
        return (low, firstUsers[low] + Int(place * place * Double(count)))
    }
}

/// One event as a line.
private struct BenchEvent {
    var company: Int
    var user: Int
    var task: [UInt8]
    var time: Timestamp
    var cents: Int
    var id: (high: UInt64, low: UInt64)?

    func writeCall(to bytes: inout [UInt8]) {
        bytes += #"{"type":"track","userId":"u"#.utf8
        Self.write(user, to: &bytes)
        bytes += #"","event":""#.utf8
        bytes += task
        if let id {
            bytes += #"","messageId":""#.utf8
            Self.write(id, to: &bytes)
        }
        bytes += #"","timestamp":""#.utf8
        bytes += time.rfc3339.utf8
        bytes += #"","context":{"groupId":"c"#.utf8
        Self.write(company, to: &bytes)
        bytes += #""},"properties":{"revenue":"#.utf8
        writeAmount(to: &bytes)
        bytes += "}}\n".utf8
    }

    func writePoint(to bytes: inout [UInt8]) {
        bytes += task
        bytes += ",company=c".utf8
        Self.write(company, to: &bytes)
        bytes += ",user=u".utf8
        Self.write(user, to: &bytes)
        bytes += " amount=".utf8
        writeAmount(to: &bytes)
        if let id {
            bytes += ",id=\"".utf8
            Self.write(id, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: " "))
        Self.write(Int(time.milliseconds), to: &bytes)
        bytes += "000000\n".utf8
    }

    private func writeAmount(to bytes: inout [UInt8]) {
        Self.write(cents / 100, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        bytes.append(UInt8(ascii: "0") + UInt8(cents / 10 % 10))
        bytes.append(UInt8(ascii: "0") + UInt8(cents % 10))
    }

    private static func write(_ number: Int, to bytes: inout [UInt8]) { bytes += String(number).utf8 }

    private static func write(_ id: (high: UInt64, low: UInt64), to bytes: inout [UInt8]) {
        // Version and variant of RFC 9562, so that the log keeps it in 16 bytes.
        let high = id.high & ~0xF000 | 0x4000
        let low = id.low & ~(0xC0 << 56) | (0x80 << 56)
        let digits = Array("0123456789abcdef".utf8)
        for place in 0..<32 {
            if [8, 12, 16, 20].contains(place) { bytes.append(UInt8(ascii: "-")) }
            let word = place < 16 ? high : low
            bytes.append(digits[Int(word >> UInt64(60 - 4 * (place % 16)) & 15)])
        }
    }
}
