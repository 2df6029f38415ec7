import Foundation
import TestSupport
import Testing
import UsageModel

@Suite("Fuzz: zone files")
struct ZoneFuzz {
    /// With many transitions, without any, south of the equator, with a date left out, with odd rules.
    private static let names = [
        "UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Africa/Casablanca", "Asia/Kolkata",
        "Australia/Lord_Howe", "America/Godthab", "Europe/Dublin", "Etc/GMT+12",
    ]

    private static func corpus() -> [[UInt8]] {
        names.compactMap { FileManager.default.contents(atPath: "/usr/share/zoneinfo/" + $0).map { [UInt8]($0) } }
    }

    @Test("a zone file is refused or gives dates that ascend", .enabled(if: !corpus().isEmpty))
    func zones() throws {
        let words = [
            "\n<-03>3<-02>,M3.5.0/-2,M10.5.0/-1\n", "TZif2", "J60", "M13.6.7", "CET-167", "/168", "\u{7F}\u{FF}",
        ]
        let mutator = Mutator(
            corpus: Self.corpus(), signs: [0, 1, 2, 0x7F, 0x80, 0xFF] + Array(",.-+/<>0123456789MJ\n".utf8),
            words: words.map { Array($0.utf8) } + [[0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0, 0, 0, 0, 0]])
        var input: [UInt8] = []
        FuzzRun("zones", count: 400)() { random in
            mutator.next(&random, into: &input)
            guard let zone = try? Zone(name: "fuzz", tzif: input) else { return nil }
            for _ in 0..<4 {
                let range = Timestamp.least.milliseconds...Timestamp.greatest.milliseconds
                let instant = Timestamp(milliseconds: random.within(range))
                let day = zone.day(of: instant)
                guard abs(day.number - instant.utcDay.number) <= 2 else { return "\(day) at \(instant)" }
                guard zone.startOfDay(day) <= instant else { return "a day that begins behind an instant of it" }
                guard zone.nextDateChange(after: instant) > instant else { return "a change of date in the past" }
            }
            return nil
        }
    }
}
