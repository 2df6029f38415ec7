import FoundationEssentials

/// The machine's time zones, as TZif files.
enum ZoneFiles {
    /// Where tzdata lies on every Linux distribution; tzset(3) calls it the system's default.
    private static let directory = "/usr/share/zoneinfo/"
    /// The largest file of tzdata has some 4 KiB.
    private static let greatestByteCount = 64 << 10

    /// The file of an IANA zone such as `Europe/Berlin`; nil when there is none of that name. The name
    /// comes from senders, so it may not lead out of the directory.
    static func data(_ name: String) -> [UInt8]? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy(isPart) else { return nil }
        guard let data = FileManager.default.contents(atPath: directory + name), data.count <= greatestByteCount else {
            return nil
        }
        return Array(data)
    }

    private static func isPart(_ part: Substring) -> Bool {
        !part.isEmpty
            && part.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"):
                    true
                default: false
                }
            }
    }
}
