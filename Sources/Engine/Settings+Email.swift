import Portraits

extension Settings {
    /// The company that an e-mail address stands for: its domain in lower case, or nil when it is no
    /// address or one at a free-mail provider.
    func companyDomain(ofEmail email: String) -> String? {
        guard let at = email.lastIndex(of: "@"), at != email.startIndex else { return nil }
        let domain = email[email.index(after: at)...].lowercased()
        guard domain.contains("."), !domain.hasPrefix("."), !domain.hasSuffix("."),
            domain.utf8.allSatisfy({ $0 > UInt8(ascii: " ") && $0 < 0x7f }), !freeMailDomains.contains(domain)
        else { return nil }
        return domain
    }
}
