import FoundationEssentials
import Hummingbird

/// The keys that an `Authorization` header may hold.
enum AuthorizationHeader {
    /// Segment's clients send their write key as the user name of Basic, with an empty password; InfluxDB's send
    /// theirs as its password or behind `Token`; all others behind `Bearer`.
    static func keys(_ header: String?) -> [String] {
        guard let header, let space = header.firstIndex(of: " ") else { return [] }
        let credentials = header[space...].drop { $0 == " " }
        switch header[..<space].lowercased() {
        case "basic":
            guard let data = Data(base64Encoded: String(credentials)),
                let text = String(validating: data, as: UTF8.self)
            else { return [] }
            return text.split(separator: ":", maxSplits: 1).map(String.init)
        case "bearer", "token": return credentials.isEmpty ? [] : [String(credentials)]
        default: return []
        }
    }
}
