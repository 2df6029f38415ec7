import Foundation
import Testing
import UsageModel

/// The machine's zone files, and zones written by hand.
enum ZoneFile {
    private static let folder = "/usr/share/zoneinfo"

    static let areInstalled = bytes(of: "Europe/Berlin") != nil

    static func bytes(of name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: "\(folder)/\(name)").map { [UInt8]($0) }
    }

    static func zone(_ name: String) throws -> Zone { try Zone(name: name, tzif: #require(bytes(of: name))) }

    /// A file of `version` with the given transitions (seconds, type), types (seconds east) and footer.
    static func make(
        version: Character = "2", transitions: [(time: Int64, type: UInt8)] = [], offsets: [Int32] = [0],
        footer: String = "", leapCount: Int = 0
    ) -> [UInt8] {
        func header(times: Int, types: Int, leaps: Int, version: Character) -> [UInt8] {
            var bytes = Array("TZif".utf8) + [version == "1" ? 0 : version.asciiValue ?? 0]
            bytes += [UInt8](repeating: 0, count: 15)
            for count in [0, 0, leaps, times, types, 4] { bytes += big(Int32(count)) }
            return bytes
        }
        func block(size: Int) -> [UInt8] {
            var bytes: [UInt8] = []
            for transition in transitions {
                bytes += size == 4 ? big(Int32(truncatingIfNeeded: transition.time)) : big(transition.time)
            }
            bytes += transitions.map(\.type)
            for offset in offsets { bytes += big(offset) + [0, 0] }
            bytes += Array("XXX\0".utf8)
            return bytes + [UInt8](repeating: 0, count: leapCount * (size + 4))
        }
        if version == "1" {
            return header(times: transitions.count, types: offsets.count, leaps: leapCount, version: version)
                + block(size: 4)
        }
        // The first block is for readers of version 1: empty, as today's compilers write it.
        return header(times: 0, types: 1, leaps: 0, version: version) + [0, 0, 0, 0, 0, 0] + Array("XXX\0".utf8)
            + header(times: transitions.count, types: offsets.count, leaps: leapCount, version: version)
            + block(size: 8) + Array("\n\(footer)\n".utf8)
    }

    private static func big<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
