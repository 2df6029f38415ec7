import Server
import Testing

@testable import tenured

@Suite("Which listeners there are")
struct ListenersTests {
    private let places = Places(.init(runDirectory: "/r"), Configuration(), environment: [:])

    private func endpoints(_ configuration: Configuration) throws -> [String] {
        try Listeners(configuration, places, inherited: []).all.map { "\($0.role.rawValue) \($0.endpoint)" }
    }

    @Test("two socket files, and TCP where it is asked for")
    func own() throws {
        #expect(try endpoints(Configuration()) == ["ingest /r/ingest.sock", "http /r/http.sock"])
        var configuration = Configuration()
        configuration.ingestTCP = .tcp(host: "::1", port: 8094)
        #expect(try endpoints(configuration).contains("ingest_tcp [::1]:8094"))
    }

    @Test("HTTP over TCP needs tokens")
    func tokens() throws {
        var configuration = Configuration()
        configuration.httpTCP = .tcp(host: "127.0.0.1", port: 0)
        let listeners = try Listeners(configuration, places, inherited: [])
        #expect(throws: ConfigurationError.self) { try listeners.check(AccessPolicy()) }
        var access = AccessPolicy()
        access.tokens = try AccessTokens(parsing: "ann read 0123456789abcdef0123456789abcdef")
        try listeners.check(access)
        try Listeners(Configuration(), places, inherited: []).check(AccessPolicy())
    }
}
