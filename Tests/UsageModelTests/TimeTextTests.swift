import Testing
import UsageModel

@Suite("Times and dates as text")
struct TimeTextTests {
    @Test(
        "RFC 3339 in all its forms",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-22T10:00:00Z", 1_795_341_600_000),
            ("2026-11-22t10:00:00z", 1_795_341_600_000), ("2026-11-22 10:00:00Z", 1_795_341_600_000),
            ("2026-11-22T12:30:00+02:30", 1_795_341_600_000), ("2026-11-21T22:00:00-12:00", 1_795_341_600_000),
            ("2026-11-22T10:00:00.1Z", 1_795_341_600_100), ("2026-11-22T10:00:00.123456789Z", 1_795_341_600_123),
            ("2026-11-22T10:00:00.9999Z", 1_795_341_600_999), ("1969-12-31T23:59:59.9999Z", -1),
            ("2016-12-31T23:59:60Z", 1_483_228_799_999), ("2016-12-31T23:59:60.5Z", 1_483_228_799_999),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000), ("0001-01-01T00:00:00Z", -62_135_596_800_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ])
    func rfc3339(text: String, milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test(
        "what is not RFC 3339 is refused",
        arguments: [
            "", "2026-11-22", "2026-11-22T10:00Z", "2026-11-22T10:00:00", "2026-11-22T10:00:00.Z",
            "2026-11-22T10:00:00.1234567890Z", "2026-11-22T24:00:00Z", "2026-11-22T10:60:00Z", "2026-11-22T10:00:61Z",
            "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-00-10T00:00:00Z", "2026-01-00T00:00:00Z",
            "2026-11-22T10:00:00+2:30", "2026-11-22T10:00:00+0230", "2026-11-22T10:00:00+24:00",
            "2026-11-22T10:00:00+00:60", "2026-11-22T10:00:00Zx", " 2026-11-22T10:00:00Z", "2026-11-22_10:00:00Z",
            "26-11-22T10:00:00Z", "+2026-11-22T10:00:00Z", "2026-11-22T10:00:00,5Z", "0000-12-31T00:00:00Z",
            "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "2026-1１-22T10:00:00Z",
        ])
    func notRFC3339(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test(
        "epoch numbers tell their unit by their size",
        arguments: [
            ("0", 0), ("1602841605", 1_602_841_605_000), ("1602841605822", 1_602_841_605_822),
            ("1602841605822791", 1_602_841_605_822), ("1602841605822791506", 1_602_841_605_822),
            ("1602841605.8229", 1_602_841_605_822), ("1.602841605e9", 1_602_841_605_000), ("-1", -1_000),
            ("-1.0001", -1_001), ("-0.0000000000001", -1), ("0.0009", 0), ("99999999999", 99_999_999_999_000),
            ("100000000000", 100_000_000_000), ("99999999999999", 99_999_999_999_999),
            ("100000000000000", 100_000_000_000), ("-1602841605822791506", -1_602_841_605_823),
            ("16E8", 1_600_000_000_000),
            ("160000000000e-2", 1_600_000_000_000), ("0e999999999999999999999", 0),
            ("1602841605.00000000000000000000000001", 1_602_841_605_000),
        ])
    func epoch(text: String, milliseconds: Int64) {
        #expect(Timestamp(epoch: text)?.milliseconds == milliseconds)
    }

    @Test(
        "what is no epoch number, or outside the years 0001 to 9999, is refused",
        arguments: [
            "", "-", ".", "1.", ".5", "1e", "1e+", "0x10", "1 ", "now", "1.5.5", "--1", "1e300", "-1e300",
            "999999999999999999999999999999999999999999", "300000000000000000000",
        ])
    func notEpoch(text: String) {
        #expect(Timestamp(epoch: text) == nil)
    }

    @Test(
        "times are written as people read them",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1_795_341_600_000, "2026-11-22T10:00:00Z"),
            (1_795_341_600_005, "2026-11-22T10:00:00.005Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ])
    func written(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
    }

    @Test("any time survives being written and read")
    func roundTrip() {
        // A stride that is prime to days, hours and seconds, so all parts of the text vary.
        for milliseconds in stride(
            from: Timestamp.least.milliseconds, through: Timestamp.greatest.milliseconds, by: 157_679_999_987)
        {
            let time = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(rfc3339: time.rfc3339) == time)
            #expect(Day(iso: time.utcDay.iso) == time.utcDay)
        }
    }

    @Test("times beyond what can be read can still be written")
    func beyond() {
        #expect(Timestamp(milliseconds: Timestamp.greatest.milliseconds + 1).rfc3339 == "10000-01-01T00:00:00Z")
        #expect(Timestamp(milliseconds: Timestamp.least.milliseconds - 1).rfc3339 == "0000-12-31T23:59:59.999Z")
        #expect(Day(CivilDate(year: -1, month: 3, day: 4)).iso == "-0001-03-04")
        #expect(Day(number: .max).iso == "5881580-07-11")
    }

    @Test("dates")
    func dates() {
        #expect(Day(iso: "2026-08-30")?.iso == "2026-08-30")
        #expect(Day(iso: "1970-01-01")?.number == 0)
        for text in ["", "2026-8-30", "2026-08-30T", "2026-02-29", "20260830", "2026-08-3a"] {
            #expect(Day(iso: text) == nil, "\(text)")
        }
    }
}
