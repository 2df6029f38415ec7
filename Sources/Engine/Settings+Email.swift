public import Portraits

extension Settings {
    /// Mail providers at which people of many companies have their addresses. The configuration may
    /// name others; what counts stands in the log with the other settings.
    public static let commonFreeMailDomains = [
        "126.com", "163.com", "aol.com", "fastmail.com", "free.fr", "gmail.com", "gmx.at", "gmx.ch", "gmx.com",
        "gmx.de",
        "gmx.net", "googlemail.com", "hey.com", "hotmail.co.uk", "hotmail.com", "hotmail.fr", "icloud.com",
        "laposte.net",
        "libero.it", "live.com", "mac.com", "mail.com", "mail.ru", "me.com", "msn.com", "naver.com", "orange.fr",
        "outlook.com", "outlook.de", "pm.me", "proton.me", "protonmail.com", "qq.com", "rediffmail.com", "t-online.de",
        "tutanota.com", "wanadoo.fr", "web.de", "yahoo.co.jp", "yahoo.co.uk", "yahoo.com", "yahoo.de", "yahoo.fr",
        "yandex.ru", "ymail.com", "zoho.com",
    ]

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
